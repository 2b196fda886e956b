using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using CliWrap;

namespace ChildProc.Benchmarks;

/// <summary>What does it cost to move data from child to child to child, against the shell that does nothing else?</summary>
/// <remarks>The stages are the same programs everywhere; the shell is started by this library, so its own start counts alike.</remarks>
[MemoryDiagnoser]
public class Pipelines
{
    [Params(1024)]
    public long Mebibytes { get; set; }

    private string Bytes => (Mebibytes << 20).ToString(CultureInfo.InvariantCulture);

    [Benchmark(Baseline = true)]
    public async Task<ChildResult> Shell()
        => (await ChildProcess.RunAsync(new("/bin/sh", "-c", $"head -c {Bytes} /dev/zero | cat | wc -c > /dev/null"))).EnsureSuccess();

    [Benchmark]
    public async Task<PipelineResult> ChildProc_pipeline() => (await new ChildPipeline(
        new("head", "-c", Bytes, "/dev/zero"), new("cat"), new ChildProcessStartInfo("wc", "-c") { StandardOutput = ChildStdio.Null }).RunAsync()).EnsureSuccess();

    [Benchmark]
    public async Task<int> CliWrap_pipe()
        => (await (Cli.Wrap("head").WithArguments(["-c", Bytes, "/dev/zero"]) | Cli.Wrap("cat") | Cli.Wrap("wc").WithArguments("-c")
            | PipeTarget.ToStream(Stream.Null)).ExecuteAsync()).ExitCode;

    [Benchmark]
    public async Task<int> Process_with_copy()
    {
        using Process first = Process.Start(new ProcessStartInfo("head", ["-c", Bytes, "/dev/zero"]) { RedirectStandardOutput = true })!;
        using Process middle = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using Process last = Process.Start(new ProcessStartInfo("wc", ["-c"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await Task.WhenAll(CopyAsync(first, middle), CopyAsync(middle, last), last.StandardOutput.ReadToEndAsync());
        await last.WaitForExitAsync();
        return last.ExitCode;

        static async Task CopyAsync(Process from, Process to)
        {
            await from.StandardOutput.BaseStream.CopyToAsync(to.StandardInput.BaseStream);
            to.StandardInput.Close();
        }
    }
}
