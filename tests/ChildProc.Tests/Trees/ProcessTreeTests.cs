using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

public sealed class ProcessTreeTests
{
    // In a session that is not the child's: a process group does not hold it.
    private static readonly string[] s_orphanElsewhere = UnderTest.HoldsWholeTree ? ["daemon", "pause", "+"] : [];

    private static readonly string[] s_nasty =
    [
        "seq", "ignore", "TERM", ",", Puppet.Daemon, "ignore", "TERM", "+", "fork", "2", "pause", "+", "pause", ",",
        "setsid-fork", "ignore", "HUP", "+", .. s_orphanElsewhere, "pause", ",", "setpgid-fork", "pause", ",",
        "stopped-fork", ",", "fork-loop", "5", "60000", ",", "fork", "3", "pause", ",", "print", "ready", ",", "pause",
    ];

    public enum Ending
    {
        Kill,
        Cancel,
        Stop,
        Dispose,
        DisposeAsync,
    }

    [Theory(Timeout = 60_000)]
    [InlineData(Ending.Kill)]
    [InlineData(Ending.Cancel)]
    [InlineData(Ending.Stop)]
    [InlineData(Ending.Dispose)]
    [InlineData(Ending.DisposeAsync)]
    public async Task No_member_and_no_zombie_is_left(Ending ending)
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource lifetime = new();
        ChildProcessStartInfo info = new(marker.Mark(new ChildProcessStartInfo(Puppet.Path, s_nasty)))
        {
            StandardInput = ChildStdio.Null,
            StandardOutput = ChildStdio.Pipe,
            Stop = new StopPolicy(ChildSignal.Terminate, TimeSpan.FromMilliseconds(100)),
        };
        await using IChildProcessHost host = TestHost.Create(); // nobody else's children take this supervisor
        await using IChildProcess child = await host.StartAsync(info, lifetime.Token);
        await child.ExpectAsync("ready");
        int supervisor = UnderTest.HoldsWholeTree ? Keepers.SupervisorOf(child) : child.Id;
        Assert.True(child.GetDescendantIds().Count >= 8);

        switch (ending)
        {
            case Ending.Kill:
                child.Kill();
                await child.WaitForTreeAsync();
                break;
            case Ending.Cancel:
                await lifetime.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitForExitAsync().AsTask());
                break;
            case Ending.Stop:
                Assert.Equal(ChildSignal.Kill, (await child.StopAsync()).Signal); // it ignores SIGTERM
                break;
            case Ending.Dispose:
                child.Dispose();
                break;
            case Ending.DisposeAsync:
                await child.DisposeAsync();
                break;
        }

        marker.AssertGone();
        Assert.Equal(ChildSignal.Kill, child.Exit?.Signal);
        Assert.Empty(child.GetDescendantIds());
        Assert.Empty(ProcFile.Children(supervisor));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_fork_bomb_is_contained_and_killed()
    {
        using Marker marker = Marker.Create();
        await using IChildProcess child = await ChildProcess.StartAsync(marker.Mark(Puppet.Info("fork-bomb", "500").Piped()));
        await child.ExpectAsync("ready");
        await child.DisposeAsync();
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task Children_of_all_threads_belong_to_the_tree()
    {
        using Marker marker = Marker.Create();
        await using IChildProcess child = await ChildProcess.StartAsync(marker.Mark(Puppet.Info("threads-fork", "6").Piped()));
        await child.ExpectAsync("ready 6");
        Assert.Equal(6, child.GetDescendantIds().Count);
        child.Kill();
        await child.WaitForTreeAsync();
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task Descendant_ids_hold_daemons()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flat", "20", Puppet.Daemons(7)).Piped());
        await child.ExpectAsync("ready 20");
        IReadOnlyList<int> descendants = child.GetDescendantIds();
        Assert.Equal(20, descendants.Count);
        Assert.DoesNotContain(child.Id, descendants);
    }

    [Fact(Timeout = 120_000)]
    public async Task Stop_returns_as_soon_as_the_child_obeys()
    {
        ChildProcessStartInfo info = Puppet.Seq("trap-exit", "TERM", "5", ",", "print", "ready", ",", "pause").Piped();
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready");
        ExitStatus status = await child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1)));
        Assert.Equal(5, status.Code);
    }

    [Fact(Timeout = 120_000)]
    public async Task Stop_reaches_a_stopped_child()
    {
        ChildProcessStartInfo info = Puppet.Seq("trap-exit", "TERM", "6", ",", "print", "ready", ",", "stop-self", ",", "pause").Piped();
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready");
        await Eventually.HoldsAsync(() => ProcFs.Describe(child.Id)?.Contains(" T ", StringComparison.Ordinal) == true, "the child stops");
        Assert.False(child.HasExited);
        Assert.Equal(6, (await child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1)))).Code);
    }

    [Fact(Timeout = 120_000)]
    public async Task Stop_of_the_tree_gives_every_member_the_signal()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("trap-exit", "TERM", "0", ",", "fork", "1", "trap-exit", "TERM", "0", "+", "print", "ready", "+", "pause", ",", "pause").Piped());
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready");
        Assert.True((await child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1), SignalScope.Tree))).IsSuccess);
        await child.WaitForTreeAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_signal_for_the_group_reaches_its_members_only_when_the_child_has_its_own()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("fork", "1", "trap", "USR1", "got", "+", "print", "ready", "+", "pause", ",", "ignore", "USR1", ",", "pause").Piped()) { NewProcessGroup = true };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready");
        Assert.True(child.Signal(ChildSignal.User1, SignalScope.ProcessGroup));
        await child.ExpectAsync("got");
        await using IChildProcess inHostGroup = await ChildProcess.StartAsync(Puppet.Info("pause"));
        Assert.Throws<ArgumentException>("scope", () => inHostGroup.Signal(ChildSignal.User1, SignalScope.ProcessGroup));
    }

    [Fact(Timeout = 120_000)]
    public async Task Requests_after_the_end_answer_that_nobody_is_left()
    {
        IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("exit", "4"));
        Assert.Equal(4, (await child.WaitForExitAsync()).Code);
        await child.WaitForTreeAsync();
        Assert.False(child.Signal(ChildSignal.Terminate));
        Assert.False(child.Signal(ChildSignal.Terminate, SignalScope.Tree));
        child.Kill();
        Assert.Equal(4, (await child.StopAsync()).Code);
        child.Dispose();
        await child.DisposeAsync();
        Assert.Equal(4, child.WaitForExit().Code);
        Assert.Equal(4, (await child.WaitForExitAsync()).Code);
        Assert.True(child.Id > 1);
        Assert.Empty(child.GetDescendantIds());
        Assert.False(child.Signal(ChildSignal.Kill));
    }

    [Fact(Timeout = 120_000)]
    public async Task Concurrent_disposals_all_return_when_the_tree_is_gone()
    {
        using Marker marker = Marker.Create();
        IChildProcess child = await ChildProcess.StartAsync(marker.Mark(Puppet.Info("flat", "30", Puppet.Daemons(5)).Piped()));
        await child.ExpectAsync("ready 30");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await child.DisposeAsync();
            marker.AssertGone();
        })));
    }

    [Fact(Timeout = 120_000)]
    public async Task Leftovers_are_killed_and_named_by_a_run()
    {
        using Marker marker = Marker.Create();
        ChildResult result = await ChildProcess.RunAsync(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "exit", "0")));
        marker.AssertGone();
        Assert.True(result.Status.IsSuccess);
        Assert.EndsWith(Path.GetFileName(Puppet.Path), Assert.Single(result.KilledLeftovers), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Released_leftovers_live_on_and_are_reaped()
    {
        Requires.Keepers();
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "exit", "0"))) { Leftovers = Leftovers.Release };
        await using IChildProcessHost host = TestHost.Create();
        Assert.Empty((await host.RunAsync(info)).KilledLeftovers);
        int left = Assert.Single(marker.Survivors());
        int keeper = Keepers.ParentOf(left);
        Keepers.Kill(left);
        await Eventually.HoldsAsync(() => ProcFs.Describe(left) is null, "its keeper reaps it");
        Assert.NotEqual(1, keeper);
    }

    [Fact(Timeout = 120_000)]
    public async Task Cancellation_throws_only_when_the_tree_is_empty()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("ignore", "TERM", ",", Puppet.Daemon, "pause", ",", "pause")))
        {
            Stop = new StopPolicy(ChildSignal.Terminate, TimeSpan.FromMilliseconds(50)),
        };
        Task<ChildResult> run = ChildProcess.RunAsync(info, cancel.Token);
        await Eventually.HoldsAsync(() => marker.Survivors().Count >= 2, "the tree grows");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        marker.AssertGone();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_exited_by_itself_wins_over_cancellation()
    {
        using CancellationTokenSource lifetime = new();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("exit", "9"), lifetime.Token);
        await child.WaitForExitAsync();
        await lifetime.CancelAsync();
        Assert.Equal(9, (await child.WaitForExitAsync()).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancellation_during_the_start_leaves_nothing()
    {
        using Marker marker = Marker.Create();
        for (int i = 0; i < 50; i++)
        {
            using CancellationTokenSource cancel = new();
            Task cancelling = Task.Run(cancel.Cancel);
            try
            {
                await using IChildProcess child = await ChildProcess.StartAsync(marker.Mark(Puppet.Info("pause")), cancel.Token);
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitForExitAsync().AsTask());
            }
            catch (OperationCanceledException)
            {
                // cancelled before or while it was started
            }

            await cancelling;
            marker.AssertGone();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_cancelled_wait_leaves_the_child_alone()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        using CancellationTokenSource cancel = new(20);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitForExitAsync(cancel.Token).AsTask());
        Assert.False(child.HasExited);
        Assert.False(child.WaitForExit(TimeSpan.FromMilliseconds(1), out _));
        Assert.False(child.WaitForExit(TimeSpan.Zero, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => child.WaitForExit(TimeSpan.FromSeconds(-2), out _));
    }

    [Fact(Timeout = 120_000)]
    public async Task Many_waiters_get_one_result()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("seq", "wait-eof", ",", "exit", "3")) { StandardInput = ChildStdio.Pipe });
        Task<ExitStatus>[] waits = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? child.WaitForExitAsync().AsTask() : Task.Run(child.WaitForExit))];
        await child.StandardInput.CompleteAsync();
        Assert.All(await Task.WhenAll(waits), static status => Assert.Equal(3, status.Code));
    }
}
