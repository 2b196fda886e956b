using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

/// <summary>Starts that lie in a guardian's queue when it goes: another guardian serves them.</summary>
public sealed class QueuedStartTests
{
    public QueuedStartTests() => Requires.Keepers();

    private const int Queued = 5;

    [Fact(Timeout = 60_000)]
    public async Task A_refresh_strands_no_start_that_every_supervisor_is_too_busy_for()
    {
        await using LocalChildProcessHost host = (LocalChildProcessHost)TestHost.Create();
        await host.RunAsync(Puppet.Info("exit", "0"));
        Task<ChildResult>[] runs;
        List<IChildProcess> busy;
        using (StoppedGuardian guardian = await StoppedGuardian.StopAsync(host))
        {
            busy = await guardian.OccupyAsync(host, Puppet.Info("pause"));
            runs = [.. Enumerable.Range(0, Queued).Select(_ => host.RunAsync(Puppet.Info("exit", "11")))];
            Assert.DoesNotContain(runs, static r => r.IsCompleted);
            host.Refresh();
        }

        Assert.All(await Task.WhenAll(runs).WaitAsync(Eventually.Patience), static r => Assert.Equal(11, r.Status.Code));
        Assert.DoesNotContain(busy, static c => c.HasExited);
        await busy.DisposeAllAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Refreshes_in_the_middle_of_starts_lose_none_of_them()
    {
        await using LocalChildProcessHost host = (LocalChildProcessHost)TestHost.Create();
        List<IChildProcess> busy = [];
        for (int i = 0; i < 40; i++)
        {
            busy.Add(await host.StartAsync(Puppet.Info("pause"))); // more than the pool
        }

        for (int round = 0; round < 10; round++)
        {
            Task<ChildResult>[] runs = [.. Enumerable.Range(0, 30).Select(_ => host.RunAsync(Puppet.Info("exit", "11")))];
            host.Refresh();
            Assert.All(await Task.WhenAll(runs), static r => Assert.Equal(11, r.Status.Code));
        }

        Assert.DoesNotContain(busy, static c => c.HasExited);
        await busy.DisposeAllAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_ends_with_the_child_although_its_request_was_sent_twice()
    {
        // The first request holds the writing ends, too, for as long as anybody holds the dead guardian's queue.
        await using IChildProcessHost host = TestHost.Create();
        await host.RunAsync(Puppet.Info("exit", "0"));
        using StoppedGuardian guardian = await StoppedGuardian.StopAsync(host);
        List<IChildProcess> busy = await guardian.OccupyAsync(host, Puppet.Info("pause"));
        Task<CapturedResult> capture = host.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("print", "once")) { DrainTimeout = Timeout.InfiniteTimeSpan });
        Assert.False(capture.IsCompleted);
        Keepers.Kill(guardian.Pid);

        CapturedResult result = await capture.WaitAsync(Eventually.Patience);
        Assert.Equal(("once\n", false), (result.StandardOutput, result.OutputIncomplete));
        Assert.DoesNotContain(busy, static c => c.HasExited);
        await busy.DisposeAllAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_request_that_is_lost_unclaimed_goes_to_another_guardian()
    {
        // As by supervisors that die with their guardian, one by one, each with a request in hand.
        Assert.SkipUnless(Keepers.CanBeLookedInto, "only who may trace it may copy the sockets of a guardian");
        await using IChildProcessHost host = TestHost.Create();
        await host.RunAsync(Puppet.Info("exit", "0"));
        using StoppedGuardian guardian = await StoppedGuardian.StopAsync(host);
        List<IChildProcess> busy = await guardian.OccupyAsync(host, Puppet.Info("pause"));
        List<Descriptor> sockets = CopiedSockets.Of(guardian.Pid);
        int lost = 0;
        Task<ChildResult> run = host.RunAsync(Puppet.Info("exit", "42"));
        await Eventually.HoldsAsync(
            () =>
            {
                lost += sockets.Sum(LoseRequests);
                return run.IsCompleted;
            },
            "the start goes through");
        Assert.Equal(42, (await run).Status.Code);
        Assert.Equal(1, lost);
        sockets.ForEach(static socket => socket.Dispose());
        await busy.DisposeAllAsync();

        // A request is longer than what the host says otherwise; its lifeline is closed with it.
        static int LoseRequests(Descriptor socket)
        {
            const int LongestFrame = 64;
            int requests = 0, length;
            Span<byte> message = stackalloc byte[512];
            while ((length = SeqPacket.Receive(socket.Number, message)) > 0)
            {
                requests += length > LongestFrame ? 1 : 0;
            }

            return requests;
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Starts_right_after_the_death_of_the_guardian_are_starts_like_any_other()
    {
        await using IChildProcessHost host = TestHost.Create();
        await host.RunAsync(Puppet.Info("exit", "0"));
        for (int i = 0; i < 20; i++)
        {
            int guardian = Keepers.GuardianOf(host);
            Keepers.Kill(guardian);
            ChildResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.RunAsync(Puppet.Info("exit", "42"))));
            Assert.All(results, static r => Assert.Equal(42, r.Status.Code));

            // These may all have found a supervisor that had not heard of it yet; the next has a new guardian.
            await Eventually.HoldsAsync(() => Keepers.GuardianOf(host) != guardian, "the host sees its guardian die");
            Assert.Equal(43, (await host.RunAsync(Puppet.Info("exit", "43"))).Status.Code);
        }
    }
}
