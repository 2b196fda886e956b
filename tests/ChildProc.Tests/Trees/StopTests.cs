using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

public sealed class StopTests
{

    [Fact(Timeout = 120_000)]
    public async Task A_stop_without_grace_asks_nothing()
    {
        ChildProcessStartInfo info = Puppet.Seq("trap-exit", "TERM", "5", ",", "print", "ready", ",", "pause").Piped();
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready");
        Assert.Equal(ChildSignal.Kill, (await child.StopAsync(StopPolicy.Kill)).Signal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_kill_ends_a_grace()
    {
        await using IChildProcess child = await StubbornAsync();
        Task<ExitStatus> stop = child.StopAsync(Stops.Patient).AsTask();
        Assert.False(stop.IsCompleted);
        child.Kill();
        Assert.Equal(ChildSignal.Kill, (await stop).Signal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_cancelled_stop_cuts_its_grace_and_leaves_nothing()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        await using IChildProcess child = await StubbornAsync(marker);
        Task<ExitStatus> stop = child.StopAsync(Stops.Patient, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop);
        marker.AssertGone();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_disposal_ends_a_grace()
    {
        IChildProcess child = await StubbornAsync();
        Task<ExitStatus> stop = child.StopAsync(Stops.Patient).AsTask();
        await child.DisposeAsync();
        Assert.Equal(ChildSignal.Kill, (await stop).Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_run_ends_within_its_grace_whoever_holds_its_output()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("ignore", "TERM", ",", Puppet.Daemon, "ignore", "TERM", "+", "pause", ",", "hold-stdout", "0", ",", "pause")))
        {
            Stop = new StopPolicy(ChildSignal.Terminate, TimeSpan.FromMilliseconds(50)),
            DrainTimeout = Timeout.InfiniteTimeSpan,
        };
        Task<CapturedResult> capture = ChildProcess.CaptureAsync(info, cancel.Token);
        await Eventually.HoldsAsync(() => marker.Survivors().Count >= 3, "the tree grows");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => capture);
        marker.AssertGone();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_signal_for_the_child_leaves_its_descendants_alone()
    {
        ChildProcessStartInfo info = Puppet.Seq("fork", "1", "trap", "USR1", "mine", "+", "trap", "USR2", "descendant", "+", "print", "ready", "+", "pause", ",", "trap", "USR1", "child", ",", "print", "ready", ",", "pause").Piped();
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready");
        await child.ExpectAsync("ready");
        Assert.True(child.Signal(ChildSignal.User1));
        await child.ExpectAsync("child");
        int descendant = Assert.Single(child.GetDescendantIds());
        Assert.Equal(0, Mono.Unix.Native.Syscall.kill(descendant, Mono.Unix.Native.Signum.SIGUSR2));
        await child.ExpectAsync("descendant"); // and nothing of "mine" before it
    }

    [Fact(Timeout = 120_000)]
    public async Task A_signal_for_the_tree_reaches_daemons_and_other_groups()
    {
        ChildProcessStartInfo info = Puppet.Seq(Puppet.Daemon, "trap", "USR1", "got", "+", "print", "ready", "+", "pause", ",", "setpgid-fork", "trap", "USR1", "got", "+", "print", "ready", "+", "pause", ",", "trap", "USR1", "got", ",", "print", "ready", ",", "pause").Piped();
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        for (int i = 0; i < 3; i++)
        {
            await child.ExpectAsync("ready");
        }

        Assert.True(child.Signal(ChildSignal.User1, SignalScope.Tree));
        for (int i = 0; i < 3; i++)
        {
            await child.ExpectAsync("got");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Hundreds_of_signals_in_a_row_are_all_sent_and_a_kill_after_them_is_obeyed()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = marker.Mark(Puppet.Seq("ignore", "USR1", ",", "flat", "20", Puppet.Daemons(5)).Piped());
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready 20");
        int sent = 0;
        for (int i = 0; i < 800; i++)
        {
            sent += child.Signal(ChildSignal.User1, SignalScope.Tree) ? 1 : 0;
        }

        Assert.Equal(800, sent);
        child.Kill();
        await child.WaitForTreeAsync();
        marker.AssertGone();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_stopped_child_has_not_exited_and_goes_on_when_continued()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("print", "ready", ",", "stop-self", ",", "print", "on", ",", "exit", "3").Piped());
        await child.ExpectAsync("ready");
        await Eventually.HoldsAsync(() => ProcFs.Describe(child.Id)?.Contains(" T ", StringComparison.Ordinal) == true, "the child stops");
        Assert.False(child.WaitForExit(TimeSpan.Zero, out _));
        Assert.True(child.Signal(ChildSignal.Continue));
        await child.ExpectAsync("on");
        Assert.Equal(3, (await child.WaitForExitAsync()).Code);
    }

    private static async Task<IChildProcess> StubbornAsync(Marker? marker = null)
    {
        ChildProcessStartInfo info = Puppet.Seq("ignore", "TERM", ",", "print", "ready", ",", "pause").Piped();
        IChildProcess child = await ChildProcess.StartAsync(marker?.Mark(info) ?? info);
        await child.ExpectAsync("ready");
        return child;
    }
}
