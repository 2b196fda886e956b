using ChildProc.Engines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>The engine uses a tree again for another child. Nobody may ever notice.</summary>
[Collection("Stacks are switched off and on")]
public sealed class ReusedTreeTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_disposed_child_says_what_it_was_and_has_no_power_over_the_next_one()
    {
        Requires.Keepers();
        await using LocalChildProcessHost host = (LocalChildProcessHost)TestHost.Create();
        ChildProcessStartInfo info = Puppet.Info("exit", "3");
        PreparedCommand quick = host.Prepare(info);
        IChildProcess earlier = quick.Start();
        Assert.Equal(3, earlier.WaitForExit().Code);
        (int id, DateTimeOffset started) = (earlier.Id, earlier.StartTime);
        earlier.Dispose();

        using IChildProcess next = host.Prepare(Puppet.Info("pause")).Start();
        Assert.NotEqual(id, next.Id);
        Assert.Equal((id, info, 3, true), (earlier.Id, earlier.StartInfo, earlier.Exit?.Code, earlier.HasExited));
        Assert.Equal(Containment.Supervised, earlier.Containment);
        Assert.InRange(started - earlier.StartTime, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        Assert.Equal((3, 3), (earlier.WaitForExit().Code, (await earlier.WaitForExitAsync()).Code));
        Assert.True(earlier.WaitForExit(TimeSpan.Zero, out ExitStatus status));
        Assert.Equal((3, 3), (status.Code, (await earlier.StopAsync()).Code));
        await earlier.WaitForTreeAsync();
        Assert.Empty(earlier.GetDescendantIds());
        Assert.Null(earlier.Terminal);
        Assert.Throws<InvalidOperationException>(() => earlier.StandardOutput);
        Assert.False(earlier.Signal(ChildSignal.Kill, SignalScope.Tree));
        earlier.Kill();
        earlier.Dispose();
        await earlier.DisposeAsync();

        Assert.False(next.WaitForExit(TimeSpan.FromMilliseconds(50), out _));
        Assert.True(next.Signal(ChildSignal.Terminate));
        Assert.Equal(ChildSignal.Terminate, next.WaitForExit().Signal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Calls_that_race_with_a_disposal_never_reach_the_next_child()
    {
        Requires.Keepers();
        await using LocalChildProcessHost host = (LocalChildProcessHost)TestHost.Create();
        PreparedCommand command = host.Prepare(Puppet.Info("exit", "7"));
        IChildProcess? victim = null;
        using CancellationTokenSource over = new();
        Task[] attackers = [.. Enumerable.Range(0, 3).Select(i => Task.Factory.StartNew(
            () =>
            {
                while (!over.IsCancellationRequested)
                {
                    // Of a child that has ended: its disposal is under way, or done, or its tree serves the next one.
                    if (Volatile.Read(ref victim) is { } child)
                    {
                        child.Kill();
                        child.Signal(ChildSignal.Kill, (SignalScope)(i % 2 * 2));
                        _ = child.HasExited;
                        Assert.Equal(7, child.Exit!.Value.Code);
                        Assert.Equal(7, child.WaitForExit().Code);
                        child.Dispose();
                    }
                }
            },
            TaskCreationOptions.LongRunning))];

        for (int i = 0; i < 600; i++)
        {
            IChildProcess child = command.Start();
            Assert.Equal(7, child.WaitForExit().Code); // and not SIGKILL
            Volatile.Write(ref victim, child);
            if (i % 2 == 0)
            {
                child.Dispose();
            }
            else
            {
                await child.DisposeAsync();
            }
        }

        await over.CancelAsync();
        await Task.WhenAll(attackers);
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_waits_in_whatever_way_hears_of_the_exit()
    {
        for (int i = 0; i < 30; i++)
        {
            await using IChildProcess child = ChildProcess.Start(Puppet.Info("sleep-ms", (i % 4 * 10).ToString(System.Globalization.CultureInfo.InvariantCulture)));
            Task[] waits =
            [
                Task.Run(child.WaitForExit), Task.Run(child.WaitForExit),
                Task.Run(() => { while (!child.WaitForExit(TimeSpan.FromMilliseconds(1), out _)) { } }),
                child.WaitForExitAsync().AsTask(), Task.Run(() => child.WaitForExitAsync().AsTask()), child.WaitForTreeAsync().AsTask(),
                Task.Run(() => SpinWait.SpinUntil(() => child.HasExited)),
            ];
            await Task.WhenAll(waits).WaitAsync(Eventually.Patience);
            Assert.Equal(0, child.Exit?.Code);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blocking_wait_that_gives_up_leaves_the_news_to_the_others()
    {
        await using IChildProcess child = ChildProcess.Start(Puppet.Info("pause"));
        Task<bool> bounded;
        ValueTask<ExitStatus> wait;
        int milliseconds = 100;
        do
        {
            // Long enough that the other wait begins meanwhile, which on a busy machine may take its time.
            milliseconds *= 2;
            bounded = Task.Run(() => child.WaitForExit(TimeSpan.FromMilliseconds(milliseconds), out _));
            await Eventually.HoldsAsync(() => bounded.Status >= TaskStatus.Running, "it waits");
            wait = child.WaitForExitAsync();
        }
        while (bounded.IsCompleted);
        Assert.False(await bounded);
        child.Kill();
        Assert.Equal(ChildSignal.Kill, (await wait.AsTask().WaitAsync(Eventually.Patience)).Signal);
    }

    [Fact(Timeout = 60_000)]
    public void A_blocking_wait_ends_with_the_child_and_not_with_what_it_left_behind()
    {
        using Marker marker = Marker.Create();
        using IChildProcess child = ChildProcess.Start(marker.Mark(Puppet.Seq("fork", "1", "pause", ",", "exit", "5")));
        Assert.Equal(5, child.WaitForExit().Code);
        Assert.Single(child.GetDescendantIds());
        Assert.False(child.WaitForTreeAsync().AsTask().IsCompleted);
        child.Dispose();
        Assert.Empty(marker.Survivors());
        Assert.Equal(5, child.Exit?.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_wait_is_over_and_the_next_one_is_a_new_one()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        for (int i = 0; i < 20; i++)
        {
            using CancellationTokenSource cancel = new();
            ValueTask<ExitStatus> wait = child.WaitForExitAsync(cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.AsTask());
        }

        ValueTask<ExitStatus> last = child.WaitForExitAsync();
        child.Kill();
        Assert.Equal(ChildSignal.Kill, (await last).Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tree_that_somebody_waits_for_beside_its_disposal_serves_nobody_else()
    {
        // As two disposals at once do. What was told of one child must not be told of the next.
        Requires.Keepers();
        await using LocalChildProcessHost host = (LocalChildProcessHost)TestHost.Create();
        PreparedCommand command = host.Prepare(Puppet.Info("pause"));
        IChildProcess first = command.Start();
        ProcessTree tree = HostExit.Engines.SelectMany(static engine => engine.Trees()).Single(t => t.Id == first.Id);
        Assert.True(tree.TryPin());
        first.Dispose();
        await tree.WhenEmpty();
        tree.Unpin();

        using IChildProcess next = command.Start();
        Task wait = next.WaitForTreeAsync().AsTask();
        Assert.False(wait.IsCompleted);
        next.Kill();
        await wait;
        Assert.Equal(ChildSignal.Kill, next.WaitForExit().Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_and_a_blocking_wait_make_one_small_object_and_nothing_else()
    {
        Requires.Keepers();
        await using LocalChildProcessHost host = (LocalChildProcessHost)TestHost.Create();
        PreparedCommand command = host.Prepare(Puppet.Info("exit", "0"));
        long Measure(int count)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < count; i++)
            {
                using IChildProcess child = command.Start();
                child.WaitForExit();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // The check around each test marks what is started, and has its stack noted: that costs more.
        ChildProcessDiagnostics.StartTag = null;
        ChildProcessDiagnostics.TrackStacks = false;
        try
        {
            Measure(20);
            Assert.Equal(50 * 32, Enumerable.Range(0, 10).Min(_ => Measure(50))); // the best: a crowded machine has its waits for room
        }
        finally
        {
            ChildProcessDiagnostics.TrackStacks = true;
        }
    }
}
