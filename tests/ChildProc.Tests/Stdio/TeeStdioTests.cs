using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Stdio;

public sealed class TeeStdioTests
{
    [Fact(Timeout = 60_000)]
    public async Task Every_target_gets_everything()
    {
        string path = Path.GetTempFileName();
        try
        {
            using MemoryStream stream = new();
            List<string> lines = [];
            CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("flood-lines", "20000"))
            {
                StandardOutput = ChildStdio.Tee(ChildStdio.Pipe, ChildStdio.File(path), ChildStdio.Stream(stream), ChildStdio.Lines(lines.Add), ChildStdio.Null),
            });
            Assert.Equal(20_000, lines.Count);
            Assert.Equal(string.Join('\n', lines) + "\n", result.StandardOutput);
            Assert.Equal(result.StandardOutput, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
            Assert.Equal(result.StandardOutput, System.Text.Encoding.UTF8.GetString(stream.ToArray()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    // As the host's own standard output is shared with its children when it is a file.
    [Fact(Timeout = 60_000)]
    public async Task A_target_goes_on_where_whoever_shares_the_open_file_stopped()
    {
        string path = Path.GetTempFileName();
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
            ChildStdio tee = ChildStdio.Tee(ChildStdio.Handle(file), ChildStdio.Null);
            await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("flood-lines", "1")) { StandardOutput = tee });
            await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("flood-lines", "1")) { StandardOutput = ChildStdio.Handle(file) });
            await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("flood-lines", "1")) { StandardOutput = tee });
            string[] lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(3, lines.Length);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_cannot_be_opened_fails_the_start()
    {
        ChildProcessStartInfo info = new(Puppet.Info("exit", "0")) { StandardError = ChildStdio.Tee(ChildStdio.Null, ChildStdio.File("/nonexistent/file")) };
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(info));
        Assert.Equal((StartStage.StandardStreams, 2), (e.Stage, e.NativeErrorCode));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reader_that_has_enough_does_not_hold_up_the_others()
    {
        using MemoryStream stream = new();
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("flood", "500000")) { StandardOutput = ChildStdio.Tee(ChildStdio.Pipe, ChildStdio.Stream(stream)) });
        await child.StandardOutput.ReadAsync(TestContext.Current.CancellationToken);
        await child.StandardOutput.CompleteAsync();
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
        await child.WaitForStreamsAsync();
        Assert.Equal(500_000, stream.Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_has_no_use_for_a_tee_with_a_pipe()
        => await Assert.ThrowsAsync<ArgumentException>("info", () => ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("exit", "0")) { StandardOutput = ChildStdio.Tee(ChildStdio.Pipe) }));

    [Fact]
    public void What_cannot_be_teed_is_refused()
    {
        Assert.Throws<ArgumentException>("targets", () => ChildStdio.Tee());
        Assert.Throws<ArgumentException>("targets", () => ChildStdio.Tee(ChildStdio.Pipe, ChildStdio.Pipe));
        Assert.Throws<ArgumentException>("targets", () => ChildStdio.Tee(ChildStdio.ToStandardOutput));
        Assert.Throws<ArgumentException>("targets", () => ChildStdio.Tee(ChildStdio.Text("x")));
        Assert.Throws<ArgumentException>("targets", () => ChildStdio.Tee(ChildStdio.Tee(ChildStdio.Null)));
        Assert.Throws<ArgumentNullException>("targets", () => ChildStdio.Tee(ChildStdio.Null, null!));
    }
}
