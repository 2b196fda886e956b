using System.Globalization;
using System.Runtime.Versioning;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Windows;

/// <summary>A job holds the whole tree, and ends with its owner.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsTreeTests
{
    // With members that left the console, and whose parents are gone.
    private static readonly string[] s_tree = ["seq", "daemon", "pause", ",", "setsid-fork", "pause", ",", "fork", "2", "pause", ",", "print", "ready", ",", "pause"];

    [Fact(Timeout = 60_000)]
    public async Task A_disposal_leaves_no_member_of_the_tree()
    {
        using Marker marker = Marker.Create();
        IChildProcess child = await ChildProcess.StartAsync(marker.Mark(new ChildProcessStartInfo(Puppet.Path, s_tree).Piped()));
        Assert.Equal(Containment.Job, child.Containment);
        await child.ExpectAsync("ready");
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 5, "the tree has grown");
        Assert.Equal(marker.Survivors().Order(), child.GetDescendantIds().Append(child.Id).Intersect(marker.Survivors()).Order());
        await child.DisposeAsync();
        marker.AssertGone();
        Assert.Equal(-1, child.Exit!.Value.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_run_throws_when_the_tree_is_gone()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        ChildProcessStartInfo info = new(marker.Mark(new ChildProcessStartInfo(Puppet.Path, s_tree))) { StandardOutput = ChildStdio.Null, Stop = StopPolicy.Kill };
        Task<ChildResult> run = ChildProcess.RunAsync(info, cancel.Token);
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 5, "the tree has grown");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        marker.AssertGone();
    }

    [Theory(Timeout = 120_000)]
    [InlineData("trees")]
    [InlineData("trees-exit")]
    public async Task The_end_of_the_host_leaves_no_member_of_its_trees(string verb)
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, [verb, "3", .. s_tree]);
        Assert.Equal("ready", await host.LineAsync());
        if (verb == "trees")
        {
            await marker.SurvivorsAsync(16);
            host.Kill();
        }

        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "the trees died with their host");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_fork_loop_is_ended_and_seen_to_be_empty()
    {
        using Marker marker = Marker.Create();
        await using IChildProcess child = await ChildProcess.StartAsync(marker.Mark(Puppet.Info("fork-loop", "4", "60000").Piped()));
        await child.ExpectAsync("ready");
        child.Kill();
        await child.WaitForTreeAsync();
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task Leftovers_that_are_released_live_on()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("daemon", "pause", ",", "exit", "0"))) { Leftovers = Leftovers.Release };
        ChildResult result = await ChildProcess.RunAsync(info);
        Assert.True(result.Status.IsSuccess);
        await marker.SurvivorsAsync(1);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_detached_child_outlives_its_owner()
    {
        using Marker marker = Marker.Create();
        IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(marker.Mark(Puppet.Info("pause"))) { Containment = Containment.None, StandardOutput = ChildStdio.Null });
        Assert.Equal(Containment.None, child.Containment);
        await child.DisposeAsync();
        Assert.Equal([child.Id], await marker.SurvivorsAsync(1));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tree_is_empty_only_when_its_last_member_has_ended()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("daemon", "pause", ",", "print", "gone", ",", "exit", "5").Piped());
        Task empty = child.WaitForTreeAsync().AsTask();
        Assert.Equal(5, (await child.WaitForExitAsync()).Code);
        int daemon = Assert.Single(child.GetDescendantIds());
        Assert.False(empty.IsCompleted);
        WindowsProcesses.Kill(daemon);
        await empty;
        Assert.Empty(child.GetDescendantIds());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("0", 0)]
    [InlineData("259", 259)] // STILL_ACTIVE
    [InlineData("0xFFFFFFFF", -1)]
    [InlineData("0xC000013A", unchecked((int)0xC000013A))]
    public async Task An_exit_code_is_all_of_its_32_bits(string text, int code)
        => Assert.Equal(code, (await ChildProcess.RunAsync(Puppet.Info("exit", text))).Status.Code);

    [Fact(Timeout = 60_000)]
    public async Task An_access_violation_is_its_code()
        => Assert.Equal(unchecked((int)0xC0000005), (await ChildProcess.RunAsync(Puppet.Info("crash"))).Status.Code);

    [Fact(Timeout = 300_000)]
    public async Task Five_hundred_children_at_once_end_with_their_own_statuses_and_outputs()
    {
        const int Count = 500;
        List<IChildProcess> children = [];
        for (int i = 0; i < Count; i++)
        {
            string number = i.ToString(CultureInfo.InvariantCulture);
            children.Add(await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Seq("wait-eof", ",", "print", number, ",", "exit", number).Piped()) { StandardInput = ChildStdio.Pipe }));
        }

        Assert.All(children, static child => Assert.False(child.HasExited));
        foreach (IChildProcess child in children)
        {
            await child.StandardInput.CompleteAsync();
        }

        for (int i = 0; i < Count; i++)
        {
            await children[i].ExpectAsync(i.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(i, (await children[i].WaitForExitAsync()).Code);
            await children[i].DisposeAsync();
        }
    }
}
