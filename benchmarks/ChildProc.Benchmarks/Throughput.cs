using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using CliWrap;

namespace ChildProc.Benchmarks;

/// <summary>How fast does output come from a child to the host, against a bare read(2) loop with the same buffer?</summary>
[MemoryDiagnoser]
public class Throughput
{
    private const int BufferSize = 64 * 1024;

    [Params(1024)]
    public long Mebibytes { get; set; }

    private string[] Words => ["zeros", (Mebibytes << 20).ToString(CultureInfo.InvariantCulture)];

    [Benchmark(Baseline = true)]
    public long Read_loop() => ReadLoop.Run(Target.Program, Words);

    [Benchmark]
    public async Task<long> ChildProc_PipeReader()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Target.Program, Words) { StandardOutput = ChildStdio.Pipe });
        long total = 0;
        ReadResult read;
        do
        {
            read = await child.StandardOutput.ReadAsync();
            total += read.Buffer.Length;
            child.StandardOutput.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
        return total;
    }

    [Benchmark]
    public async Task<ChildResult> ChildProc_Stream()
        => await ChildProcess.RunAsync(new ChildProcessStartInfo(Target.Program, Words) { StandardOutput = ChildStdio.Stream(Stream.Null) });

    [Benchmark]
    public async Task<int> CliWrap_Stream()
        => (await Cli.Wrap(Target.Program).WithArguments(Words).WithStandardOutputPipe(PipeTarget.ToStream(Stream.Null)).ExecuteAsync()).ExitCode;

    [Benchmark]
    public async Task<int> Process_BaseStream()
    {
        using Process process = Target.Start(redirected: true, Words);
        await process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, BufferSize);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
