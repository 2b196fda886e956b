using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>A host that leads the session of a terminal, as in a container: its keepers share its group.</summary>
public sealed class SessionLeaderTests
{
    private static readonly string[] s_words = ["seq", Puppet.Daemon, "pause", ",", "print", "child ready", ",", "read-line", ",", "exit", "3"];

    [Theory(Timeout = 60_000)]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task A_child_that_signals_its_group_frees_no_descendant(string signal)
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start(["pty-session"], marker, "forward", "seq", Puppet.Daemon, "ignore", "TERM", "+", "pause", ",", "group-kill", signal);
        int terminal = host.Id;
        await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => marker.Survivors().TrueForAll(p => p == terminal), "the daemon dies, too");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_killed_guardian_leaves_running_trees_on_their_lifelines()
    {
        Requires.Keepers();
        using Marker marker = Marker.Create();
        using Terminal terminal = Terminal.Start(marker, "pty-session", "interactive", s_words);
        List<int> keepers = await KillGuardianAsync(terminal);
        terminal.Type(@"go\n"); // the last: with the child the terminal ends
        string all = await terminal.EndAsync();
        Assert.Contains("line go", all, StringComparison.Ordinal);
        Assert.Contains("child exit 3", all, StringComparison.Ordinal);
        await AssertAllGoAsync(terminal, marker, keepers);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_outlives_a_host_that_is_killed_after_its_guardian()
    {
        Requires.Keepers();
        using Marker marker = Marker.Create();
        using Terminal terminal = Terminal.Start(marker, "pty-session", "interactive", s_words);
        List<int> keepers = await KillGuardianAsync(terminal);
        Keepers.Kill(HostOf(terminal));
        await AssertAllGoAsync(terminal, marker, keepers);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_supervisor_that_is_killed_after_its_guardian_leaves_its_tree_to_the_warden()
    {
        Requires.Keepers();
        using Marker marker = Marker.Create();
        using Terminal terminal = Terminal.Start(marker, "pty-session", "interactive", s_words);
        List<int> keepers = await KillGuardianAsync(terminal);
        Keepers.Kill(keepers.Find(static k => ProcFs.Command(k) == "childproc-super"));
        Assert.Contains("child unknown", await terminal.EndAsync(), StringComparison.OrdinalIgnoreCase);
        await AssertAllGoAsync(terminal, marker, keepers);
    }

    // Returns, when the guardian is gone, the keepers that stay: the warden and the supervisor of the tree.
    private static async Task<List<int>> KillGuardianAsync(Terminal terminal)
    {
        await terminal.ExpectAsync("child ready");
        int host = HostOf(terminal), guardian = Keepers.OfHost(host).Find(static k => ProcFs.Command(k) == "childproc-guard");
        List<int> stay = Keepers.OfHost(host).FindAll(static k => ProcFs.Command(k) == "childproc-ward" || ProcFile.Children(k).Exists(static c => ProcFs.Command(c) == "puppet"));
        Assert.Equal(["childproc-super", "childproc-ward"], stay.Select(ProcFs.Command).Order(StringComparer.Ordinal));
        Keepers.Kill(guardian);
        await Eventually.HoldsAsync(() => Keepers.OfHost(host).FindAll(Keepers.IsAlive) is { Count: 2 } left && left.TrueForAll(stay.Contains), "the guardian and the idle supervisors go");
        return stay;
    }

    private static async Task AssertAllGoAsync(Terminal terminal, Marker marker, List<int> keepers)
        => await Eventually.HoldsAsync(() => marker.Survivors().TrueForAll(p => p == terminal.Id) && !keepers.Exists(Keepers.IsAlive), "tree and keepers go");

    private static int HostOf(Terminal terminal) => Assert.Single(ProcFile.Children(terminal.Id));
}
