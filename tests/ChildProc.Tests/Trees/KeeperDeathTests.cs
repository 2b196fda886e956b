using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Trees;

public sealed class KeeperDeathTests
{
    public KeeperDeathTests() => Requires.Keepers();

    [Fact(Timeout = 60_000)]
    public async Task A_killed_supervisor_takes_its_tree_along_and_the_caller_is_told()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        await using IChildProcess child = await host.StartAsync(marker.Mark(Puppet.Info("flat", "12", "6").Piped()));
        await child.ExpectAsync("ready 12");
        Keepers.Kill(Keepers.SupervisorOf(child));

        ExitStatus status = await child.WaitForExitAsync();
        Assert.False(status.IsKnown);
        await child.WaitForTreeAsync(); // the guardian has killed the orphans
        marker.AssertGone();
        await Eventually.HoldsAsync(() => log.Has(3), "the loss is logged");
        Assert.Equal(2, (await host.RunAsync(Puppet.Info("exit", "2"))).Status.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Supervisors_that_are_killed_together_are_all_told()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        List<IChildProcess> children = [];
        for (int i = 0; i < 50; i++)
        {
            children.Add(await host.StartAsync(marker.Mark(Puppet.Seq("daemon", "pause", ",", "pause"))));
        }

        await Eventually.HoldsAsync(() => marker.Survivors().Count == 100, "the trees grow");
        Task[] waits = [.. children.Select(static c => c.WaitForTreeAsync().AsTask())];
        int[] supervisors = [.. children.Select(Keepers.SupervisorOf)];
        Array.ForEach(supervisors, Keepers.Kill);
        await Task.WhenAll(waits).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(children, static c => c.Exit is not { IsKnown: false });
        marker.AssertGone();
        await children.DisposeAllAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Supervisors_that_are_killed_while_the_host_does_not_listen_are_all_told_later()
    {
        // More than the guardian's socket holds.
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, "trees-told", "400");
        Assert.Equal("ready", await host.LineAsync());
        List<int> supervisors = Keepers.OfHost(host.Id).FindAll(static k => ProcFile.Children(k).Exists(static c => ProcFs.Command(c) == "puppet"));
        Assert.Equal(400, supervisors.Count);
        Syscall.kill(host.Id, Signum.SIGSTOP);
        try
        {
            supervisors.ForEach(Keepers.Kill);
            await Eventually.HoldsAsync(() => !supervisors.Exists(static s => ProcFs.Describe(s) is not null), "the guardian buries them");
        }
        finally
        {
            Syscall.kill(host.Id, Signum.SIGCONT);
        }

        Assert.Equal("told 400", await host.LineAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_killed_guardian_leaves_running_trees_on_their_lifelines()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        await using IChildProcess child = await host.StartAsync(marker.Mark(Puppet.Seq("daemon", "pause", ",", "trap", "USR1", "pong", ",", "print", "ready", ",", "pause").Piped()));
        await child.ExpectAsync("ready");
        int guardian = Keepers.GuardianOf(host);
        Keepers.Kill(guardian);
        await Eventually.HoldsAsync(() => log.Has(1), "the host sees its guardian die");

        Assert.False(child.HasExited);
        Assert.True(child.Signal(ChildSignal.User1));
        await child.ExpectAsync("pong");
        Assert.Equal(8, (await host.RunAsync(Puppet.Info("exit", "8"))).Status.Code);
        Assert.NotEqual(guardian, Keepers.GuardianOf(host));
        Assert.Equal(ChildSignal.Terminate, (await child.StopAsync(Stops.Patient)).Signal);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task Guardian_and_supervisor_killed_together_still_give_an_answer()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        await using IChildProcess child = await host.StartAsync(marker.Mark(Puppet.Info("pause")));
        int supervisor = Keepers.SupervisorOf(child);
        Keepers.Kill(Keepers.GuardianOf(host));
        Keepers.Kill(supervisor);
        Assert.False((await child.WaitForExitAsync()).IsKnown);
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "the child dies with its supervisor");
        Assert.True((await host.RunAsync(Puppet.Info("exit", "0"))).Status.IsSuccess);
    }

    [Fact(Timeout = 120_000)]
    public async Task Starts_survive_guardians_that_die_under_them()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        using CancellationTokenSource over = new();
        int started = 0, refused = 0;
        Task[] workers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    ChildResult result = await host.RunAsync(marker.Mark(Puppet.Info("exit", "42")));
                    Assert.True(result.Status.Code == 42 || !result.Status.IsKnown, result.Status.ToString());
                    Interlocked.Increment(ref started);
                }
                catch (ChildProcessStartException e)
                {
                    Assert.Equal(StartStage.Containment, e.Stage);
                    Interlocked.Increment(ref refused);
                }
            }
        }))];

        for (int i = 0; i < 12; i++)
        {
            int before = Volatile.Read(ref started);
            await Eventually.HoldsAsync(() => Volatile.Read(ref started) > before + 5 && Keepers.GuardianOf(host) != 0, "starts go on");
            int guardian = Keepers.GuardianOf(host); // 0 while there is none
            if (guardian != 0)
            {
                Syscall.kill(guardian, Signum.SIGKILL);
            }
        }

        await over.CancelAsync();
        await Task.WhenAll(workers);
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "no child is left");
        Assert.True(refused < started);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stopped_guardian_disturbs_no_running_tree()
    {
        await using IChildProcessHost host = TestHost.Create();
        await using IChildProcess child = await host.StartAsync(Puppet.Info("flat", "3", "1").Piped());
        await child.ExpectAsync("ready 3");
        int guardian = Keepers.GuardianOf(host);
        Syscall.kill(guardian, Signum.SIGSTOP);
        try
        {
            Assert.Equal(ChildSignal.Terminate, (await child.StopAsync(Stops.Patient)).Signal);
            await child.WaitForTreeAsync();
        }
        finally
        {
            Syscall.kill(guardian, Signum.SIGCONT);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_refreshed_host_gets_a_new_guardian_and_keeps_its_trees()
    {
        LocalChildProcessHost host = (LocalChildProcessHost)TestHost.Create();
        await using (host)
        {
            await using IChildProcess child = await host.StartAsync(Puppet.Info("pause"));
            int first = host.GuardianPid;
            host.Refresh();
            Assert.True((await host.RunAsync(Puppet.Info("exit", "0"))).Status.IsSuccess);
            Assert.NotEqual(first, host.GuardianPid);
            Assert.False(child.HasExited);
            Assert.Equal(ChildSignal.Terminate, (await child.StopAsync(Stops.Patient)).Signal);
            await child.DisposeAsync();
            await Eventually.HoldsAsync(() => !Keepers.IsAlive(first), "the old guardian goes with its last tree");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_disposed_host_kills_its_trees_and_its_guardian()
    {
        using Marker marker = Marker.Create();
        IChildProcessHost host = TestHost.Create();
        IChildProcess child = await host.StartAsync(marker.Mark(Puppet.Info("flat", "5", "2").Piped()));
        await child.ExpectAsync("ready 5");
        int guardian = Keepers.GuardianOf(host);
        await host.DisposeAsync();
        marker.AssertGone();
        await child.DisposeAsync();
        await Eventually.HoldsAsync(() => !Keepers.IsAlive(guardian), "the guardian goes");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.StartAsync(Puppet.Info("exit", "0")).AsTask());
    }
}
