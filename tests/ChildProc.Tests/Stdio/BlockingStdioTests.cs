using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Stdio;

/// <summary>Whatever the host does at its ends, a child sees plain streams: blocking, and of one direction.</summary>
public sealed class BlockingStdioTests
{
    [Fact(Timeout = 60_000)]
    public async Task Every_kind_of_output_is_a_blocking_descriptor_for_writing()
    {
        string path = Path.GetTempFileName();
        try
        {
            List<string> seen = [];
            using MemoryStream stream = new();
            ChildStdio lines = ChildStdio.Lines(seen.Add);
            foreach (ChildStdio output in (ChildStdio[])[lines, ChildStdio.Tee(lines, ChildStdio.Stream(stream)), ChildStdio.Tee(ChildStdio.File(path), lines)])
            {
                await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("fd-flags", "1")) { StandardOutput = output });
                await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("fd-flags", "2")) { StandardError = output, StandardOutput = lines });
            }

            Assert.Equal(Enumerable.Repeat("write", 6), seen);
            await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("fd-flags", "1")) { StandardOutput = ChildStdio.File(path) });
            Assert.Equal("write\n", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_kind_of_input_is_a_blocking_descriptor_for_reading()
    {
        foreach (ChildStdio input in (ChildStdio[])[ChildStdio.Text("x"), ChildStdio.Bytes(new byte[9]), ChildStdio.Stream(Stream.Null), ChildStdio.File(Puppet.Path)])
        {
            CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("fd-flags", "0")) { StandardInput = input });
            Assert.Equal("read\n", result.StandardOutput);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_with_pumped_streams_has_the_standard_three_and_nothing_else()
    {
        List<string> lines = [];
        await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("fds"))
        {
            StandardInput = ChildStdio.Stream(Stream.Null),
            StandardOutput = ChildStdio.Tee(ChildStdio.Lines(lines.Add), ChildStdio.File("/dev/null"), ChildStdio.Inherit),
            StandardError = ChildStdio.Chunks(static _ => default),
        });
        Assert.Equal(["0", "1", "2"], lines.ConvertAll(static l => l.Split(' ')[0]));
        Assert.All(lines, static l => Assert.Contains(" pipe:[", l, StringComparison.Ordinal));
        Assert.Equal(3, lines.ConvertAll(static l => l.Split(' ')[1]).Distinct().Count());
    }

    [Fact(Timeout = 60_000)]
    public async Task Pipes_that_take_the_numbers_of_the_standard_streams_in_the_host_serve_as_any_other()
        => Assert.Equal(0, (await HostProcess.RunAsync(["closed-stdio"], "echo", "4", "200000")).Code);
}
