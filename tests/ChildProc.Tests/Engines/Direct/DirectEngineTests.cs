using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Direct;

/// <summary>Laws of children that are the host's own, through the library's program and by posix_spawn alone, on new kernels and as on old ones.</summary>
public sealed class DirectEngineTests(ITestOutputHelper output)
{
    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_child_is_the_hosts_own_and_leads_a_group(bool plain)
    {
        await using IChildProcessHost host = DirectHost.Create(plain: plain);
        ChildProcessStartInfo info = new(Puppet.Seq("ids", ",", "pause").Piped());
        await using IChildProcess child = await host.StartAsync(info);
        Assert.Equal(Containment.ProcessGroup, child.Containment);
        Assert.Equal(Environment.ProcessId, Keepers.ParentOf(child.Id));
        Assert.Contains($"pgid={child.Id}", await DirectHost.IdsAsync(child));
        Assert.Equal(ChildSignal.Terminate, (await child.StopAsync(Stops.Patient)).Signal);
    }

    [Theory(Timeout = 90_000)]
    [InlineData("Gated")]
    [InlineData("Plain")]
    [InlineData("OldKernel")]
    public async Task A_tree_that_outlives_its_child_is_killed_to_the_last(string way)
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, DirectHost.Of(way), ["kill-tree", "20"]);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("exit 3", await host.LineAsync());
            Assert.Equal([host.Id], marker.Survivors());
            await host.Process.StandardInput.WriteLineAsync("on");
        }
    }

    [Theory(Timeout = 90_000)]
    [InlineData]
    [InlineData("few-pids", "/bin/sh", "-c", "\"$@\"; exit $?", "sh")] // which buries the chain
    public async Task A_chain_whose_numbers_wrap_is_not_taken_for_empty(params string[] launcher)
    {
        (int code, string text) = await HostProcess.RunAsync(launcher, DirectHost.Gated, ["fork-chain", "3"]);
        Assert.SkipWhen(code == 77, "no PID namespace with numbers of its own (Linux 6.14)");
        Assert.Equal((0, "early 0"), (code, text));
    }

    [Theory(Timeout = 90_000)]
    [InlineData("Gated")]
    [InlineData("Plain")]
    [InlineData("OldKernel")]
    public async Task Nothing_in_the_groups_outlives_a_host_that_is_killed(string way)
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, DirectHost.Of(way), ["trees", "20", "seq", "orphan", "ignore", "TERM", "+", "pause", ",", "fork", "1", "pause", ",", "print", "ready", ",", "pause"]);
        Assert.Equal("ready", await host.LineAsync());
        Assert.True(marker.Survivors().Count >= 61);
        List<int> watchdogs = Keepers.OfHost(host.Id);
        Assert.Single(watchdogs);
        host.Kill();
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0 && !watchdogs.Exists(Keepers.IsAlive), "groups and watchdog go");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watchdog_that_was_killed_is_replaced_and_the_next_knows_every_live_tree()
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, DirectHost.Gated, ["watchdog-dies"]);
        Assert.Equal("ready", await host.LineAsync());
        host.Kill();
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "both trees go");
    }

    [Fact(Timeout = 90_000)]
    public async Task A_watchdog_that_stands_still_holds_no_pipe_up_and_kills_nobody_later()
        => Assert.Equal((0, "echo flows, killed"), await HostProcess.RunAsync([], DirectHost.Gated, ["watchdog-stands-still"]));

    [Fact(Timeout = 60_000)]
    public async Task The_watchdog_holds_nothing_of_the_hosts()
    {
        using HostProcess host = HostProcess.Start(["with-leaked-fds", "50"], null, DirectHost.Gated, ["trees", "1", "flat", "1", "0"]);
        Assert.Equal("ready", await host.LineAsync());
        int watchdog = Assert.Single(Keepers.OfHost(host.Id));
        await Eventually.HoldsAsync(() => Files().Distinct().Count(static f => f != "/dev/null") == 1, "it has closed the pipe that its number came through");
        Assert.All(Files(), static f => Assert.True(f == "/dev/null" || f.StartsWith("pipe:", StringComparison.Ordinal), f));
        Assert.Equal(1, Keepers.ParentOf(watchdog));

        string[] Files() => [.. Directory.EnumerateFileSystemEntries($"/proc/{watchdog}/fd").Select(static f => new FileInfo(f).LinkTarget ?? "/dev/null")];
    }

    [Theory(Timeout = 90_000)]
    [InlineData("Gated")]
    [InlineData("Plain")]
    [InlineData("OldKernel")]
    public async Task Statuses_are_exact(string way)
        => Assert.Equal((0, "exact"), await HostProcess.RunAsync([], DirectHost.Of(way), ["statuses"]));

    [Theory(Timeout = 120_000)]
    [InlineData("Gated", "sigchld-ignored")]
    [InlineData("OldKernel", "sigchld-ignored")]
    [InlineData("Gated", "thief")]
    [InlineData("OldKernel", "thief")]
    [InlineData("Gated", "beside-process")]
    [InlineData("Plain", "as-pid1")]
    [InlineData("Gated", "as-pid1")]
    public async Task Statuses_are_exact_when_others_reap_the_hosts_children(string way, string state)
    {
        Assert.SkipUnless(DirectHost.StatusesCanBeRecovered, "the kernel does not tell the status of a child that somebody else has reaped");
        bool isVerb = state is "thief" or "beside-process";
        (int code, string text) = await HostProcess.RunAsync(isVerb ? [] : [state], DirectHost.Of(way), [isVerb ? state : "statuses"]);
        Assert.SkipWhen(code == 77, "no permission to make a PID namespace");
        Assert.Equal((0, "exact"), (code, text));
    }

    [Theory(Timeout = 300_000)]
    [Soak]
    [InlineData("cycles", 600, 3_000)]
    [InlineData("failing", 300, 1_000)]
    [InlineData("forgotten", 600, 1_200)]
    public async Task Thousands_of_children_leave_no_descriptor_no_zombie_and_no_thread(string kind, int brief, int whole)
        => await MeasuredHost.AssertFlatAsync(output, kind, SoakAttribute.Times(brief, whole), DirectHost.Gated);
}
