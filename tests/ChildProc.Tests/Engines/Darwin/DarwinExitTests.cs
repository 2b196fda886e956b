using ChildProc.Engines;
using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>How a child's end is found out, in all orders of events that XNU has.</summary>
public sealed class DarwinExitTests
{
    private const int Exit3 = 3 << 8;

    [Fact(Timeout = 60_000)]
    public async Task An_exit_is_told_with_status_and_usage_and_the_child_is_reaped()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        bench.Kernel.Exit(tree.Id, Exit3);
        ExitStatus status = await DarwinBench.EndOf(tree);
        Assert.Equal(3, status.Code);
        Assert.Equal(TimeSpan.FromSeconds(1), status.Usage.UserTime);
        Assert.Equal(4096, status.Usage.PeakMemoryBytes);
        Assert.False(bench.Kernel.Exists(tree.Id));
        tree.Close();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(9, false)]
    [InlineData(6 | 0x80, true)]
    public async Task A_signal_is_told_with_its_core(int status, bool core)
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        bench.Kernel.Exit(tree.Id, status);
        ExitStatus told = await DarwinBench.EndOf(tree);
        Assert.Equal(status & 0x7F, told.Signal?.Number);
        Assert.Equal(core, told.CoreDumped);
        tree.Close();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)] // within the pauses of the first look
    [InlineData(3)]
    [InlineData(20)] // much later: looked for again and again
    public async Task The_news_of_an_exit_may_come_before_the_zombie(int pauses)
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        bench.Kernel.ZombieAfterPauses = pauses;
        bench.Kernel.Exit(tree.Id, Exit3);
        ExitStatus status = await DarwinBench.EndOf(tree);
        Assert.Equal(3, status.Code);
        Assert.Equal(TimeSpan.FromSeconds(1), status.Usage.UserTime);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_is_a_zombie_when_it_is_to_be_watched_has_its_status()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Before("watch 1001", () => bench.Kernel.Exit(1001, DarwinAbi.SIGKILL));
        DarwinTree tree = bench.Start(); // ESRCH
        Assert.Equal(ChildSignal.Kill, (await DarwinBench.EndOf(tree)).Signal);
        Assert.DoesNotContain(bench.Kernel.CallsNow, static call => call.StartsWith("write +", StringComparison.Ordinal)); // nothing to guard
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_is_ending_when_it_is_to_be_watched_is_waited_for()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Before("watch 1001", () =>
        {
            bench.Kernel.ZombieAfterPauses = 2;
            bench.Kernel.Exit(1001, DarwinAbi.SIGKILL);
        });
        DarwinTree tree = bench.Start(); // ESRCH, and no zombie yet
        Assert.Equal(ChildSignal.Kill, (await DarwinBench.EndOf(tree)).Signal);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_is_gone_when_it_is_to_be_watched_ended_in_a_way_that_nobody_knows()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Before("watch 1001", () =>
        {
            bench.Kernel.Exit(1001, Exit3);
            bench.Kernel.Steal(1001);
        });
        DarwinTree tree = bench.Start(); // ESRCH, then ECHILD
        Assert.False((await DarwinBench.EndOf(tree)).IsKnown);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stolen_status_is_the_one_that_the_event_brought()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        bench.Kernel.Before($"wait {tree.Id}", () => bench.Kernel.Steal(tree.Id));
        bench.Kernel.Exit(tree.Id, Exit3);
        ExitStatus status = await DarwinBench.EndOf(tree);
        Assert.Equal(3, status.Code);
        Assert.Equal(default, status.Usage);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task The_number_of_a_stolen_child_is_never_signalled_again()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        bench.Kernel.ZombieAfterPauses = 2;
        bench.Kernel.Exit(tree.Id, Exit3);
        ScriptedProcess stranger = bench.Kernel.Reuse(tree.Id);
        Assert.Equal(3, (await DarwinBench.EndOf(tree)).Code);
        tree.Kill();
        Assert.False(tree.Signal(ChildSignal.Terminate, SignalScope.Child));
        Assert.False(tree.Signal(ChildSignal.Terminate, SignalScope.Tree));
        tree.Close();
        Assert.Empty(stranger.Signals);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_left_others_in_its_group_is_told_at_once_and_kept_until_they_are_gone()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess other = bench.Kernel.Fork(tree.Id);
        bench.Kernel.Exit(tree.Id, Exit3);
        Assert.Equal(3, (await tree.WhenExited().WaitAsync(Eventually.Patience)).Code);
        Assert.True(bench.Kernel.Exists(tree.Id)); // its number is the group's
        Assert.False(tree.IsEmpty);
        bench.Kernel.Exit(other.Pid, 0);
        await tree.WhenEmpty().WaitAsync(Eventually.Patience);
        Assert.False(bench.Kernel.Exists(tree.Id));
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_never_forked_costs_no_look_at_all_processes()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        bench.Kernel.Exit(tree.Id, 0);
        await DarwinBench.EndOf(tree);
        Assert.DoesNotContain(bench.Kernel.CallsNow, static call => call.StartsWith("list", StringComparison.Ordinal));
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_detached_child_is_no_owners_to_kill_and_is_reaped_when_it_ends()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { Containment = Containment.None });
        ScriptedProcess child = bench.Kernel[tree.Id];
        Assert.Equal(ScriptedProcess.ProcessState.Running, child.State);
        Assert.Equal(child.Pid, child.Group);
        Assert.DoesNotContain(bench.Kernel.CallsNow, static call => call.StartsWith("write +", StringComparison.Ordinal));
        Assert.Empty(bench.Engine.Trees());
        Assert.True(tree.OutlivesOwner);
        tree.Release();
        tree.Close();
        Assert.Empty(child.Signals);
        bench.Kernel.Exit(child.Pid, 0);
        await Eventually.HoldsAsync(() => !bench.Kernel.Exists(child.Pid), "it is reaped");
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_children_end_in_any_order_and_each_has_its_own_status()
    {
        await using DarwinBench bench = new();
        DarwinTree[] trees = [.. Enumerable.Range(0, 100).Select(_ => bench.Start())];
        foreach (DarwinTree tree in trees.Reverse())
        {
            bench.Kernel.Exit(tree.Id, (tree.Id % 200) << 8);
        }

        foreach (DarwinTree tree in trees)
        {
            Assert.Equal(tree.Id % 200, (await DarwinBench.EndOf(tree)).Code);
            tree.Close();
        }
    }
}
