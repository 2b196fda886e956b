using System.Text;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

public sealed class CaptureTests
{
    [Fact(Timeout = 60_000)]
    public async Task Both_outputs_are_captured_without_a_deadlock()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(Puppet.Info("chatty", "200000"));
        Assert.Equal(100_000, result.StandardOutput.Count(static c => c == '\n'));
        Assert.Equal(100_000, result.StandardError.Count(static c => c == '\n'));
        Assert.True(result.Elapsed > TimeSpan.Zero);
    }

    [Fact(Timeout = 60_000)]
    public async Task Standard_input_is_at_its_end()
        => Assert.Equal("eof\n", (await ChildProcess.CaptureAsync(Puppet.Info("read-line"))).StandardOutput);

    [Fact(Timeout = 60_000)]
    public async Task What_exceeds_the_limit_is_read_and_dropped()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("flood-lines", "100000")) { CaptureLimit = 14 });
        Assert.Equal("line 0\n\n[1088876 bytes dropped]\n 99999\n", result.StandardOutput);
        Assert.True(result.OutputTruncated);
        Assert.True(result.Status.IsSuccess);
    }

    [Fact(Timeout = 60_000)]
    public async Task Bytes_are_decoded_as_asked_and_invalid_ones_replaced()
    {
        ChildProcessStartInfo printf = new("printf", @"\303\274\377x");
        Assert.Equal("ü\uFFFDx", (await ChildProcess.CaptureAsync(printf)).StandardOutput);
        Assert.Equal("Ã¼ÿx", (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(printf) { OutputEncoding = Encoding.Latin1 })).StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failure_is_a_value_until_success_is_insisted_on()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(Puppet.Seq("print", "half", ",", "exit", "9"));
        Assert.Equal(9, result.Status.Code);
        ChildProcessExitException e = Assert.Throws<ChildProcessExitException>(() => result.EnsureSuccess());
        Assert.Equal(9, e.Status.Code);
        Assert.Contains("puppet", e.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_capture_throws_when_the_tree_is_gone()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        Task<CapturedResult> capture = ChildProcess.CaptureAsync(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "flood", "100000000000")), cancel.Token);
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 2, "the tree grows");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => capture);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_capture_can_be_cancelled_while_only_a_descendant_holds_the_output()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("fork", "1", "rename-self", "left-behind", "+", "pause", ",", "exit", "0"))) { DrainTimeout = Timeout.InfiniteTimeSpan };
        await using IChildProcessHost host = TestHost.Create();
        Task<CapturedResult> capture = host.CaptureAsync(info, cancel.Token);
        await Eventually.HoldsAsync(
            () => marker.Survivors() is [int left] && ProcFs.Command(left) == "left-behind" && Keepers.IsAdopted(left),
            "the child exits");
        Assert.False(capture.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => capture.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_capture_has_no_use_for_an_input_pipe()
        => await Assert.ThrowsAsync<ArgumentException>("info", () => ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("cat")) { StandardInput = ChildStdio.Pipe }));
}
