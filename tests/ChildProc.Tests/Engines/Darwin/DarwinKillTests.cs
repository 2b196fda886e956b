using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>How a tree is killed: all of it, and nobody else.</summary>
public sealed class DarwinKillTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_kill_ends_the_group_and_the_descendants_that_have_left_it()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess inGroup = bench.Kernel.Fork(tree.Id);
        ScriptedProcess outside = bench.Kernel.Fork(inGroup.Pid, newGroup: true);
        ScriptedProcess below = bench.Kernel.Fork(outside.Pid);
        Assert.Equal([tree.Id, inGroup.Pid, outside.Pid, below.Pid], tree.Members());
        tree.Kill();
        Assert.Equal(ChildSignal.Kill, (await DarwinBench.EndOf(tree)).Signal);
        Assert.Equal([bench.Shell], bench.Kernel.Living);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task The_leader_is_reaped_last_of_all()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess other = bench.Kernel.Fork(tree.Id);
        tree.Kill();
        await DarwinBench.EndOf(tree);
        bench.InOrder($"killpg {tree.Id} 17", $"kill {other.Pid} 17", $"kill {other.Pid} 9", $"kill {tree.Id} 9", $"write --{tree.Id}", $"wait {tree.Id}");
        Assert.DoesNotContain($"killpg {tree.Id}", string.Join('\n', bench.Kernel.CallsNow).Split($"wait {tree.Id}")[1], StringComparison.Ordinal);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_whose_parents_are_gone_is_found_if_they_were_seen()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess middle = bench.Kernel.Fork(tree.Id, newGroup: true);
        ScriptedProcess daemon = bench.Kernel.Fork(middle.Pid, newGroup: true);
        Assert.Contains(middle.Pid, tree.Members()); // a look, as a fork brings it
        bench.Kernel.Exit(middle.Pid, 0);
        Assert.Equal(ScriptedKernel.Launchd, daemon.Parent);
        Assert.Contains(daemon.Pid, tree.Members());
        tree.Kill();
        await DarwinBench.EndOf(tree);
        Assert.False(bench.Kernel.Exists(daemon.Pid));
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_fork_is_looked_at_without_being_asked()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        int before = Looks(bench);
        bench.Kernel.Fork(tree.Id);
        await Eventually.HoldsAsync(() => Looks(bench) > before, "a look follows the fork");
        tree.Kill();
        await DarwinBench.EndOf(tree);
        tree.Close();

        static int Looks(DarwinBench bench) => bench.Kernel.CallsNow.Count(static call => call == "list");
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_is_forked_during_the_sweep_is_stopped_and_killed_too()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess bomb = bench.Kernel.Fork(tree.Id, newGroup: true);
        Assert.Contains(bomb.Pid, tree.Members());
        List<ScriptedProcess> late = [];
        bench.Kernel.Before($"kill {bomb.Pid} 17", () => late.Add(bench.Kernel.Fork(bomb.Pid, newGroup: true))); // between the look and the stop
        bench.Kernel.Before("kill 1004 17", () => late.Add(bench.Kernel.Fork(late[0].Pid, newGroup: true))); // and again
        tree.Kill();
        await DarwinBench.EndOf(tree);
        Assert.Equal(2, late.Count);
        string[] calls = bench.Kernel.CallsNow;
        int firstKill = Array.FindIndex(calls, static call => call.EndsWith(" 9", StringComparison.Ordinal));
        Assert.All(late, process => Assert.InRange(Array.IndexOf(calls, $"kill {process.Pid} 17"), 0, firstKill));
        Assert.Equal([bench.Shell], bench.Kernel.Living);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_is_forked_by_a_member_that_ends_during_a_look_is_found_by_the_next()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess middle = bench.Kernel.Fork(tree.Id, newGroup: true);
        Assert.Contains(middle.Pid, tree.Members());
        ScriptedProcess? late = null;
        bench.Kernel.Exit(tree.Id, 0);
        await tree.WhenExited().WaitAsync(Eventually.Patience);
        bench.Kernel.Before($"identify {middle.Pid}", () => // it has been listed
        {
            late = bench.Kernel.Fork(middle.Pid, newGroup: true);
            bench.Kernel.Exit(middle.Pid, 0);
        });
        await Eventually.HoldsAsync(() => late is not null, "it forks");
        await Eventually.HoldsAsync(() => bench.Kernel.CallsNow.Contains($"identify {late!.Pid}"), "it is looked at");
        Assert.Equal([late!.Pid], tree.Members());
        Assert.False(tree.IsEmpty);
        tree.Kill();
        await tree.WhenEmpty().WaitAsync(Eventually.Patience);
        Assert.False(late.IsAlive);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_is_killed_before_everybody_is_stopped()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess[] others = [.. Enumerable.Range(0, 5).Select(_ => bench.Kernel.Fork(tree.Id, newGroup: true))];
        tree.Kill();
        await DarwinBench.EndOf(tree);
        string[] calls = bench.Kernel.CallsNow;
        int firstKill = Array.FindIndex(calls, static call => call.EndsWith(" 9", StringComparison.Ordinal));
        Assert.All(others, other => Assert.InRange(Array.IndexOf(calls, $"kill {other.Pid} 17"), 0, firstKill));
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_number_that_went_to_another_process_between_look_and_kill_is_spared()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess other = bench.Kernel.Fork(tree.Id, newGroup: true);
        Assert.Contains(other.Pid, tree.Members());
        ScriptedProcess? stranger = null;

        // It was stopped, and somebody killed it; the leader, whose turn is later, gives the moment.
        bench.Kernel.Before($"killpg {tree.Id} 17", () => bench.Kernel.Before("list group", () => stranger = bench.Kernel.Reuse(other.Pid)));
        tree.Kill();
        await DarwinBench.EndOf(tree);
        Assert.NotNull(stranger);
        Assert.Empty(stranger.Signals);
        Assert.True(stranger.IsAlive);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_group_of_zombies_alone_is_gone_though_the_kernel_says_not_permitted()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess other = bench.Kernel.Fork(tree.Id);
        ScriptedProcess outside = bench.Kernel.Fork(tree.Id, newGroup: true);
        bench.Kernel.Exit(other.Pid, 0); // a zombie: its parent does not wait
        bench.Kernel.Exit(tree.Id, 0); // EPERM from here on
        await tree.WhenExited().WaitAsync(Eventually.Patience);
        Assert.Equal([outside.Pid], tree.Members());
        bench.Kernel.Exit(outside.Pid, 0);
        await tree.WhenEmpty().WaitAsync(Eventually.Patience);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_member_that_may_not_be_signalled_is_still_there_and_is_named()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        ScriptedProcess setuid = bench.Kernel.Fork(tree.Id);
        Assert.Contains(setuid.Pid, tree.Members());
        setuid.IsForeign = true;
        bench.Kernel.Exit(tree.Id, 0); // the group: a zombie and one that may not be signalled
        await tree.WhenExited().WaitAsync(Eventually.Patience);
        tree.Kill();
        await Eventually.HoldsAsync(() => bench.Kernel.CallsNow.Contains($"kill {setuid.Pid} 9"), "it is tried");
        Assert.False(tree.IsEmpty);
        Assert.Equal($"{setuid.Pid} R program", Assert.Single(tree.DescribeMembers()));
        bench.Kernel.Exit(setuid.Pid, 0);
        await tree.WhenEmpty().WaitAsync(Eventually.Patience);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_processes_may_not_be_listed_the_group_is_still_waited_for_and_killed()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Fail("list", [.. Enumerable.Repeat(DarwinAbi.EPERM, 1000)]);
        DarwinTree tree = bench.Start();
        ScriptedProcess other = bench.Kernel.Fork(tree.Id);
        bench.Kernel.Exit(tree.Id, 0);
        await tree.WhenExited().WaitAsync(Eventually.Patience);
        int looks = bench.Kernel.CallsNow.Count(static call => call == "list");
        await Eventually.HoldsAsync(() => bench.Kernel.CallsNow.Count(static call => call == "list") > looks + 1, "it is looked at");
        Assert.False(tree.IsEmpty);
        tree.Kill();
        await tree.WhenEmpty().WaitAsync(Eventually.Patience);
        Assert.False(other.IsAlive);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_signal_reaches_what_its_scope_names()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { NewProcessGroup = true });
        ScriptedProcess child = bench.Kernel[tree.Id];
        ScriptedProcess inGroup = bench.Kernel.Fork(tree.Id);
        ScriptedProcess outside = bench.Kernel.Fork(tree.Id, newGroup: true);
        Assert.Contains(outside.Pid, tree.Members());
        Assert.True(tree.Signal(ChildSignal.FromNumber(DarwinAbi.SIGSTOP), SignalScope.Child));
        Assert.True(tree.Signal(ChildSignal.FromNumber(DarwinAbi.SIGCONT), SignalScope.ProcessGroup));
        Assert.True(tree.Signal(ChildSignal.Terminate, SignalScope.Tree));
        Assert.Equal([DarwinAbi.SIGCONT, DarwinAbi.SIGSTOP, DarwinAbi.SIGCONT, 15], child.Signals);
        Assert.Equal([DarwinAbi.SIGCONT, 15], inGroup.Signals);
        Assert.Equal([15], outside.Signals);
        await DarwinBench.EndOf(tree);
        Assert.False(tree.Signal(ChildSignal.Terminate, SignalScope.Child));
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_signal_for_a_group_that_ends_in_this_moment_finds_nobody_and_is_no_fault()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { NewProcessGroup = true });
        bench.Kernel.Before($"killpg {tree.Id} 15", () => bench.Kernel.Exit(tree.Id, 0)); // EPERM
        Assert.False(tree.Signal(ChildSignal.Terminate, SignalScope.ProcessGroup));
        Assert.Empty(bench.Log.Entries);
        Assert.True((await DarwinBench.EndOf(tree)).IsSuccess);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_at_the_hosts_terminal_stays_in_its_group_and_is_killed_by_lineage()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Foreground = ScriptedKernel.HostGroup;
        DarwinTree tree = bench.Start(new("/bin/program"));
        ScriptedProcess child = bench.Kernel[tree.Id];
        Assert.Equal(ScriptedKernel.HostGroup, child.Group);
        ScriptedProcess below = bench.Kernel.Fork(tree.Id);
        bench.InOrder($"write +{tree.Id}", $"kill {tree.Id} 19"); // the child alone: the group is the host's
        tree.Kill();
        await DarwinBench.EndOf(tree);
        Assert.False(below.IsAlive);
        Assert.DoesNotContain(bench.Kernel.CallsNow, static call => call.StartsWith("killpg", StringComparison.Ordinal));
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task Leftovers_that_are_released_live_on_and_the_child_is_reaped()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { Leftovers = Leftovers.Release });
        ScriptedProcess server = bench.Kernel.Fork(tree.Id);
        bench.Kernel.Exit(tree.Id, 0);
        await tree.WhenExited().WaitAsync(Eventually.Patience);
        bench.InOrder($"write +-{tree.Id}", $"write --{tree.Id}"); // they outlive the host, too
        tree.Release();
        tree.Close();
        Assert.True(server.IsAlive);
        Assert.Empty(server.Signals);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_object_that_is_disposed_has_no_tree_left_when_that_returns()
    {
        await using DarwinBench bench = new();
        ChildProcessStartInfo info = DarwinBench.Info();
        DarwinTree tree = bench.Start(info);
        bench.Kernel.Fork(tree.Id);
        await using (new LocalChildProcess(info, tree, origin: null, telemetry: null, CancellationToken.None))
        {
        }

        Assert.Equal([bench.Shell], bench.Kernel.Living);
        Assert.True(tree.IsEmpty);
    }
}
