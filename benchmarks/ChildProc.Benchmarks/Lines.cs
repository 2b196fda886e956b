using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using CliWrap;
using CliWrap.EventStream;

namespace ChildProc.Benchmarks;

/// <summary>What do 100,000 lines cost, one by one?</summary>
[MemoryDiagnoser]
public class Lines
{
    private static readonly string[] s_words = ["flood-lines", "100000"];
    private static readonly ChildProcessStartInfo s_info = new(Target.Program, s_words);

    [Benchmark(Baseline = true)]
    public async Task<int> Process_ReadLineAsync()
    {
        using Process process = Target.Start(redirected: true, s_words);
        int count = 0;
        while (await process.StandardOutput.ReadLineAsync() is not null)
        {
            count++;
        }

        await process.WaitForExitAsync();
        return count;
    }

    [Benchmark]
    public async Task<int> ChildProc_ReadLinesAsync()
    {
        int count = 0;
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(s_info))
        {
            count++;
        }

        return count;
    }

    [Benchmark]
    public async Task<int> CliWrap_ListenAsync()
    {
        int count = 0;
        await foreach (CommandEvent e in Cli.Wrap(Target.Program).WithArguments(s_words).ListenAsync())
        {
            count += e is StandardOutputCommandEvent ? 1 : 0;
        }

        return count;
    }

    [Benchmark]
    public int MedallionShell_GetLines() => Medallion.Shell.Command.Run(Target.Program, s_words).StandardOutput.GetLines().Count();
}
