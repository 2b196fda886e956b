using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using CliWrap;
using CliWrap.Buffered;

namespace ChildProc.Benchmarks;

/// <summary>What does it cost to run a child and to have the word that it prints?</summary>
[MemoryDiagnoser]
public class Capture
{
    private static readonly ChildProcessStartInfo s_info = new(Target.Program, Target.Hi);

    [Benchmark(Baseline = true)]
    public async Task<string> Process_read_to_end()
    {
        using Process process = Target.Start(redirected: true, Target.Hi);
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return text;
    }

    [Benchmark]
    public async Task<string> ChildProc_capture() => (await ChildProcess.CaptureAsync(s_info)).StandardOutput;

    [Benchmark]
    public async Task<string> CliWrap_buffered() => (await Cli.Wrap(Target.Program).WithArguments(Target.Hi).ExecuteBufferedAsync()).StandardOutput;

    [Benchmark]
    public async Task<string> MedallionShell_read() => await Medallion.Shell.Command.Run(Target.Program, Target.Hi).StandardOutput.ReadToEndAsync();
}
