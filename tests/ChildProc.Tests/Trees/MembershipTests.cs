using System.Diagnostics;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Trees;

/// <summary>Who belongs to a tree, and when it is over.</summary>
public sealed class MembershipTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_tree_is_empty_when_its_last_descendant_is_gone_and_not_before()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq(Puppet.Daemon, "print", "ready", "+", "pause", ",", "exit", "0").Piped());
        await child.ExpectAsync("ready");
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
        Task empty = child.WaitForTreeAsync().AsTask();
        await Eventually.HoldsAsync(() => child.GetDescendantIds().Count == 1, "the process between them ends");
        int daemon = Assert.Single(child.GetDescendantIds());
        Assert.False(empty.IsCompleted);
        Keepers.Kill(daemon);
        await empty;
        Assert.Empty(child.GetDescendantIds());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_cancelled_wait_for_the_tree_leaves_it_alone()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        using CancellationTokenSource cancel = new();
        Task wait = child.WaitForTreeAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Assert.False(child.HasExited);
    }

    [Fact(Timeout = 120_000)]
    public async Task Orphans_that_a_descendant_adopts_belong_to_the_tree()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = marker.Mark(Puppet.Seq("subreaper", ",", "daemon", "print", "ready", "+", "pause", ",", "pause").Piped());
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready");
        await Eventually.HoldsAsync(() => child.GetDescendantIds().Count == 1, "the process between them ends");
        int daemon = Assert.Single(child.GetDescendantIds());
        await Eventually.HoldsAsync(() => Keepers.ParentOf(daemon) == child.Id, "the child adopts it");
        child.Kill();
        await child.WaitForTreeAsync();
        marker.AssertGone();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_whose_first_thread_has_ended_has_not_exited()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("leader-exits").Piped()) { StandardInput = ChildStdio.Pipe });
        await child.ExpectAsync("ready");
        await Eventually.HoldsAsync(() => Interop.ProcFs.Describe(child.Id)?.Contains(" Z ", StringComparison.Ordinal) == true, "its first thread ends");
        Assert.False(child.WaitForExit(TimeSpan.Zero, out _));
        await child.StandardInput.CompleteAsync();
        Assert.Equal(7, (await child.WaitForExitAsync()).Code);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_whose_first_thread_has_ended_is_killed_like_any_other()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("leader-exits").Piped()) { StandardInput = ChildStdio.Pipe });
        await child.ExpectAsync("ready");
        child.Kill();
        await child.WaitForTreeAsync();
        Assert.Equal(ChildSignal.Kill, child.Exit?.Signal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_look_at_the_child_is_current_while_others_wait_for_it()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        Task<ExitStatus> waiting = child.WaitForExitAsync().AsTask();
        Task blocked = Task.Factory.StartNew(() => child.WaitForExit(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.False(child.WaitForExit(TimeSpan.Zero, out _));
        child.Kill();
        await Task.WhenAll(waiting, blocked);
        Assert.True(child.WaitForExit(TimeSpan.Zero, out ExitStatus status));
        Assert.Equal(await waiting, status);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_with_other_credentials_dies_with_its_supervisor()
    {
        Requires.Keepers();
        Assert.SkipUnless(Privileges.MayBecome(54321), Privileges.OtherIdentity);
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        ChildProcessStartInfo info = new(marker.Mark(new ChildProcessStartInfo("sleep", "100"))) { Credentials = new ChildCredentials(54321, 54321) };
        await using IChildProcess child = await host.StartAsync(info);
        Keepers.Kill(Keepers.SupervisorOf(child));
        Assert.False((await child.WaitForExitAsync()).IsKnown);
        await child.WaitForTreeAsync();
        Assert.False(Keepers.IsAlive(child.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task Statuses_of_many_children_that_end_at_once_are_all_right()
    {
        IChildProcess[] children = new IChildProcess[100];
        for (int i = 0; i < children.Length; i++)
        {
            children[i] = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Seq("wait-eof", ",", "exit", $"{i}")) { StandardInput = ChildStdio.Pipe });
        }

        Task<ExitStatus>[] waits = Array.ConvertAll(children, static c => c.WaitForExitAsync().AsTask());
        Parallel.ForEach(children, static c => c.StandardInput.Complete());
        ExitStatus[] statuses = await Task.WhenAll(waits);
        Assert.Equal(Enumerable.Range(0, children.Length), statuses.Select(static s => s.Code ?? -1));
        Array.ForEach(children, static c => c.Dispose());
    }

    [Fact(Timeout = 120_000)]
    public async Task The_last_process_is_gone_200_ms_after_the_death_of_the_host()
    {
        // The best of ten: a busy machine delays some, a fault of the library would delay all. And what the machine takes in such a
        // moment to end as many processes that nobody keeps is measured beside each.
        TimeSpan best = TimeSpan.MaxValue, allowed = TimeSpan.FromMilliseconds(200);
        for (int i = 0; i < 10 && best > allowed; i++)
        {
            using Marker marker = Marker.Create();
            using HostProcess host = HostProcess.Start([], marker, "trees", "10", "flat", "2", Puppet.Daemons(1));
            Assert.Equal("ready", await host.LineAsync());
            int[] all = [.. marker.Survivors().Where(p => p != host.Id), .. Keepers.OfHost(host.Id)];
            host.Kill();
            TimeSpan took = await Eventually.HoldsAsync(() => !Array.Exists(all, Keepers.IsAlive), "trees and keepers go");
            TimeSpan machines = await KilledTogetherAsync(all.Length);
            best = took < best ? took : best;
            allowed = 10 * machines > allowed ? 10 * machines : allowed;
        }

        Assert.InRange(best, TimeSpan.Zero, allowed);
    }

    // How long so many plain processes are seen after one kill of them all.
    private static async Task<TimeSpan> KilledTogetherAsync(int count)
    {
        using Process leader = Process.Start(new ProcessStartInfo(Puppet.Path, ["setpgid-exec", Puppet.Path, "flat", $"{count - 1}", "0"]) { RedirectStandardOutput = true })!;
        Assert.Equal($"ready {count - 1}", await leader.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        int[] all = [leader.Id, .. ProcFile.Children(leader.Id)];
        Assert.Equal(count, all.Length);
        Assert.Equal(0, Syscall.kill(-leader.Id, Signum.SIGKILL));
        TimeSpan took = await Eventually.HoldsAsync(() => !Array.Exists(all, Keepers.IsAlive), "they go");
        await leader.WaitForExitAsync(TestContext.Current.CancellationToken);
        return took;
    }
}
