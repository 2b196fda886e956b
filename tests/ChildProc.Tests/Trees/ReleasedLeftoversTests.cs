using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>A child's object after its leftovers were released: it knows nothing of them any more, and waits for nothing.</summary>
public sealed class ReleasedLeftoversTests
{
    [Fact(Timeout = 60_000)]
    public async Task Waits_and_stops_of_a_released_tree_end_at_once()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        IChildProcess child = await StartReleasedAsync(host, marker);
        Task pending = child.WaitForTreeAsync().AsTask();
        await child.DisposeAsync();

        await pending.WaitAsync(Eventually.Patience);
        await child.WaitForTreeAsync().AsTask().WaitAsync(Eventually.Patience);
        StopPolicy patient = new(ChildSignal.Terminate, TimeSpan.FromHours(1), SignalScope.Tree);
        Assert.True((await child.StopAsync(patient).AsTask().WaitAsync(Eventually.Patience)).IsSuccess);
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
        Assert.Single(marker.Survivors());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blocking_disposal_releases_like_any_other()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        IChildProcess child = await StartReleasedAsync(host, marker);
        Task pending = child.WaitForTreeAsync().AsTask();
        child.Dispose();
        await pending.WaitAsync(Eventually.Patience);
        Assert.Single(marker.Survivors());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_released_tree_has_no_descendants_whomever_its_supervisor_serves()
    {
        Requires.Keepers();
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        IChildProcess child = await StartReleasedAsync(host, marker);
        int daemon = Assert.Single(marker.Survivors()), supervisor = Keepers.ParentOf(daemon);
        await child.DisposeAsync();
        Assert.Empty(child.GetDescendantIds());

        Keepers.Kill(daemon);
        await Eventually.HoldsAsync(() => Interop.ProcFile.Children(supervisor).Count == 0, "the supervisor is free again");
        List<IChildProcess> others = [];
        for (int i = 0; i < 40 && !others.Exists(c => Keepers.SupervisorOf(c) == supervisor); i++)
        {
            others.Add(await host.StartAsync(Puppet.Info("flat", "2", Puppet.Daemons(1)).Piped()));
            await others[^1].ExpectAsync("ready 2");
        }

        Assert.Contains(others, c => Keepers.SupervisorOf(c) == supervisor);
        Assert.Empty(child.GetDescendantIds());
        await others.DisposeAllAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_never_names_members_of_another_tree_as_its_leftovers()
    {
        // Each supervisor that is free serves another at once, which has descendants.
        await using IChildProcessHost host = TestHost.Create();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 60; i++)
            {
                ChildProcessStartInfo info = worker % 2 == 0 ? Puppet.Info("exit", "0") : Puppet.Seq("fork", "2", "exit", "0", ",", "sleep-ms", "1", ",", "exit", "0");
                ChildResult result = await host.RunAsync(info);
                Assert.True(result.Status.IsSuccess);
                if (worker % 2 == 0)
                {
                    Assert.Empty(result.KilledLeftovers);
                }
            }
        })));
    }

    // A child that has exited, and whose daemon lives.
    private static async Task<IChildProcess> StartReleasedAsync(IChildProcessHost host, Marker marker)
    {
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "exit", "0"))) { Leftovers = Leftovers.Release };
        IChildProcess child = await host.StartAsync(info);
        await child.WaitForExitAsync();
        await Eventually.HoldsAsync(() => child.GetDescendantIds().Count == 1, "the process between them ends");
        return child;
    }
}
