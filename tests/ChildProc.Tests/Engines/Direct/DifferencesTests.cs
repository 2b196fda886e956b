using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Direct;

/// <summary>What a process group cannot hold or tell, one by one as docs/direct-engine.md lists it: each is a fact, and so a test.</summary>
public sealed class DifferencesTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_daemon_escapes()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = DirectHost.Create();
        IChildProcess child = await host.StartAsync(marker.Mark(Puppet.Seq("daemon", "pause", ",", "print", "ready", ",", "pause").Piped()));
        await child.ExpectAsync("ready");
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 2, "the process between them ends");
        Assert.Empty(child.GetDescendantIds());
        child.Kill();
        await child.WaitForTreeAsync();
        await child.DisposeAsync();
        Assert.Single(marker.Survivors());
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_has_left_the_group_belongs_to_the_tree_as_long_as_its_parent_lives()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = DirectHost.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("setsid-fork", "print", "ready", "+", "pause", ",", "wait-eof", ",", "exit", "0").Piped())) { StandardInput = ChildStdio.Pipe };
        IChildProcess child = await host.StartAsync(info);
        await child.ExpectAsync("ready");
        Assert.Single(child.GetDescendantIds());
        await child.StandardInput.CompleteAsync();
        await child.WaitForTreeAsync(); // which it has left with the end of its parent
        await child.DisposeAsync();
        Assert.Single(marker.Survivors());
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_has_left_the_group_outlives_a_host_that_is_killed()
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, DirectHost.Gated, ["trees", "1", "seq", "setsid-fork", "pause", ",", "fork", "1", "pause", ",", "print", "ready", ",", "pause"]);
        Assert.Equal("ready", await host.LineAsync());
        Assert.Equal(4, marker.Survivors().Count - Keepers.OfHost(host.Id).Count(marker.Survivors().Contains));
        host.Kill();
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 1, "the group goes, and the session stays");
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_ends_the_groups_when_watchdog_and_host_are_killed_together()
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, DirectHost.Gated, ["trees", "1", "flat", "2", "0"]);
        Assert.Equal("ready", await host.LineAsync());
        int watchdog = Assert.Single(Keepers.OfHost(host.Id));
        Keepers.Kill(watchdog);
        host.Kill();
        await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => !Keepers.IsAlive(watchdog), "the watchdog goes");
        Assert.Equal(3, marker.Survivors().Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Its_own_group_keeps_a_child_from_the_signals_of_the_hosts_group()
    {
        // Ctrl-C among them. A child that reads the terminal stays in the host's group, and so has them.
        await using IChildProcessHost host = DirectHost.Create();
        ChildProcessStartInfo info = new(Puppet.Seq("ids", ",", "pause").Piped());
        await using IChildProcess child = await host.StartAsync(info);
        Assert.DoesNotContain($"pgid={Mono.Unix.Native.Syscall.getpgrp()}", await DirectHost.IdsAsync(child));
    }

    [Fact(Timeout = 60_000)]
    public async Task Peak_memory_is_told_only_above_the_hosts_own()
    {
        await using IChildProcessHost host = DirectHost.Create();
        ResourceUsage usage = (await host.RunAsync(Puppet.Info("burn-ms", "60"))).Status.Usage;
        Assert.True(usage.UserTime + usage.SystemTime >= TimeSpan.FromMilliseconds(50), usage.ToString());
        Assert.Equal(0, usage.PeakMemoryBytes);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("ENOSYS")]
    [InlineData("EPERM")]
    public async Task Without_pidfds_there_is_no_engine(string error)
    {
        (int code, string text) = await HostProcess.RunAsync(["refuse", error, "pidfd_open"], DirectHost.Gated, ["outcome", "exit", "3"]);
        Assert.SkipWhen(code == 77, "no permission to install a seccomp filter");
        Assert.Equal((0, "not supported"), (code, text));
    }

    [Fact(Timeout = 60_000)]
    public async Task Released_leftovers_are_inits()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = DirectHost.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("orphan", "pause", ",", "exit", "0"))) { Leftovers = Leftovers.Release };
        Assert.Empty((await host.RunAsync(info)).KilledLeftovers);
        int left = Assert.Single(marker.Survivors());
        Assert.DoesNotContain(left, Interop.ProcFile.Children(Environment.ProcessId));
    }
}
