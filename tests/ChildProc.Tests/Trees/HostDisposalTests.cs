using System.Globalization;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

public sealed class HostDisposalTests
{
    [Fact(Timeout = 60_000)]
    public async Task Trees_of_an_earlier_guardian_die_with_the_host()
    {
        Requires.Keepers();
        using Marker marker = Marker.Create();
        IChildProcessHost host = TestHost.Create(out TestLog log);
        IChildProcess earlier = await host.StartAsync(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "pause")));
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 2, "the tree grows");
        Keepers.Kill(Keepers.GuardianOf(host));
        await Eventually.HoldsAsync(() => log.Has(1), "the host sees its guardian die");
        IChildProcess later = await host.StartAsync(marker.Mark(Puppet.Info("pause")));

        await host.DisposeAsync();
        marker.AssertGone();
        Assert.Equal((ChildSignal.Kill, ChildSignal.Kill), (earlier.Exit?.Signal, later.Exit?.Signal));
        await new[] { earlier, later }.DisposeAllAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Trees_of_a_retired_guardian_die_with_the_host()
    {
        using Marker marker = Marker.Create();
        LocalChildProcessHost host = (LocalChildProcessHost)TestHost.Create();
        IChildProcess earlier = await host.StartAsync(marker.Mark(Puppet.Info("pause")));
        host.Refresh();
        IChildProcess later = await host.StartAsync(marker.Mark(Puppet.Info("pause")));
        await host.DisposeAsync();
        marker.AssertGone();
        Assert.Equal((ChildSignal.Kill, ChildSignal.Kill), (earlier.Exit?.Signal, later.Exit?.Signal));
        await new[] { earlier, later }.DisposeAllAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Starts_that_race_with_the_disposal_leave_no_child_and_no_guardian()
    {
        using Marker marker = Marker.Create();
        for (int i = 0; i < 30; i++)
        {
            IChildProcessHost host = TestHost.Create(out TestLog log);
            if (i % 2 == 0)
            {
                await host.RunAsync(Puppet.Info("exit", "0")); // the other half begins a guardian in the race
            }

            using Barrier together = new(5);
            Task[] starts = [.. Enumerable.Range(0, 4).Select(n => Task.Factory.StartNew(() => Start(n), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            together.SignalAndWait(TestContext.Current.CancellationToken);
            await host.DisposeAsync();
            await Task.WhenAll(starts).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "what was being started goes, too");
            Assert.Equal(0, Keepers.GuardianOf(host));
            await Eventually.HoldsAsync(() => Guardians(log).TrueForAll(static g => !Keepers.IsAlive(g)), "the guardians go");

            void Start(int number)
            {
                together.SignalAndWait();
                try
                {
                    ChildProcessStartInfo info = marker.Mark(Puppet.Info("pause"));
                    using IChildProcess child = number % 2 == 0
                        ? ((LocalChildProcessHost)host).Prepare(info).Start()
                        : host.StartAsync(info).AsTask().GetAwaiter().GetResult();
                    Assert.Equal(ChildSignal.Kill, child.WaitForExit().Signal); // the host's disposal reaches it
                }
                catch (ObjectDisposedException)
                {
                    // the disposal came first
                }
            }
        }
    }

    private static List<int> Guardians(TestLog log)
        => [.. log.Entries.Where(static e => e.Id.Id == 7).Select(static e => int.Parse(e.Text.Split(' ')[1], CultureInfo.InvariantCulture))];
}
