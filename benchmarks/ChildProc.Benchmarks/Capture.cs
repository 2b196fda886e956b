using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using CliWrap;
using CliWrap.Buffered;

namespace ChildProc.Benchmarks;

/// <summary>What does it cost to run a child and to have the word that it prints?</summary>
[MemoryDiagnoser]
public class Capture
{
    private const string Echo = "/bin/echo";
    private static readonly ChildProcessStartInfo s_info = new(Echo, "hi");

    [Benchmark(Baseline = true)]
    public async Task<string> Process_read_to_end()
    {
        using Process process = Process.Start(new ProcessStartInfo(Echo, ["hi"]) { RedirectStandardOutput = true })!;
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return text;
    }

    [Benchmark]
    public async Task<string> ChildProc_capture() => (await ChildProcess.CaptureAsync(s_info)).StandardOutput;

    [Benchmark]
    public async Task<string> CliWrap_buffered() => (await Cli.Wrap(Echo).WithArguments("hi").ExecuteBufferedAsync()).StandardOutput;

    [Benchmark]
    public async Task<string> MedallionShell_read() => await Medallion.Shell.Command.Run(Echo, "hi").StandardOutput.ReadToEndAsync();
}
