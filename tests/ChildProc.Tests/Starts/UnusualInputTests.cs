using System.Runtime.InteropServices;
using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Starts;

public sealed class UnusualInputTests
{
    private const int EBADF = 9;

    [Fact(Timeout = 120_000)]
    public async Task An_undefined_scope_of_a_signal_is_refused()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        Assert.Throws<ArgumentOutOfRangeException>("scope", () => child.Signal(ChildSignal.User1, (SignalScope)3));
        Assert.False(child.HasExited);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_handle_over_a_number_that_is_not_open_is_told_with_its_stage()
    {
        using SafeFileHandle stray = new(987_654, ownsHandle: false);
        ChildProcessStartException stream = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("exit", "0")) { StandardOutput = ChildStdio.Handle(stray) }));
        Assert.Equal((StartStage.StandardStreams, EBADF), (stream.Stage, stream.NativeErrorCode));
        ChildProcessStartException handle = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("exit", "0")) { InheritedHandles = new Dictionary<int, SafeHandle> { [5] = stray } }));
        Assert.Equal((StartStage.Handles, EBADF), (handle.Stage, handle.NativeErrorCode));
    }

    [Fact(Timeout = 120_000)]
    public async Task Text_that_has_no_bytes_is_refused()
        => await Assert.ThrowsAnyAsync<ArgumentException>(() => ChildProcess.CaptureAsync(Puppet.Info("print", "a\ud800b")));

    [Fact(Timeout = 60_000)]
    public async Task Variables_of_the_host_that_are_no_text_reach_the_child_byte_by_byte()
    {
        string[] launcher = ["exec", "/bin/sh", "-c", "X=$(printf 'a\\377b') exec \"$@\"", "sh"];
        (int code, string text) = await HostProcess.RunAsync(launcher, "forward", "exec", "/bin/sh", "-c", "printf %s \"$X\" | od -An -tx1");
        Assert.Equal((0, "61 ff 62"), (code, text.Trim()));
    }
}
