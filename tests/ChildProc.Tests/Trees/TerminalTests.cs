using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>Hosts and children under a real pseudo-terminal, which the puppet plays.</summary>
public sealed class TerminalTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("pty-shell")]
    [InlineData("pty-session")]
    public async Task Ctrl_C_reaches_host_and_child_once(string place)
    {
        using Terminal terminal = Terminal.Start(place, "interactive", "seq", "trap", "INT", "child interrupted", ",", "print", "child ready", ",", "read-line", ",", "exit", "3");
        await terminal.ExpectAsync("child ready");
        terminal.Type(@"\x03");
        await terminal.ExpectAsync("interrupted");
        await terminal.ExpectAsync("interrupted");
        terminal.Type(@"x\n");
        string all = await terminal.EndAsync();
        Assert.Contains("child exit 3", all, StringComparison.Ordinal);
        Assert.Equal((1, 1), (Count(all, "child interrupted"), Count(all, "host interrupted")));
        Assert.Contains("exited 0", all, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Ctrl_Z_stops_host_and_child_and_fg_continues_both()
    {
        using Terminal terminal = Terminal.Start("pty-shell", "interactive", "seq", "print", "child ready", ",", "read-line", ",", "exit", "4");
        await terminal.ExpectAsync("child ready");
        terminal.Type(@"\x1a");
        await terminal.LineAsync("stopped TSTP");
        terminal.Send("fg");
        await terminal.LineAsync("continued");
        terminal.Type(@"go\n"); // the last: with the child the terminal ends
        string all = await terminal.EndAsync();
        Assert.Contains("line go", all, StringComparison.Ordinal);
        Assert.Contains("child exit 4", all, StringComparison.Ordinal);
        Assert.Contains("exited 0", all, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Ctrl_Z_does_not_stop_a_host_that_leads_its_session()
    {
        // Nobody could ever continue it: the kernel spares an orphaned group, and the keepers must not end that.
        using Terminal terminal = Terminal.Start("pty-session", "interactive", "seq", "print", "child ready", ",", "read-line", ",", "exit", "5");
        await terminal.ExpectAsync("child ready");
        terminal.Type(@"\x1a");
        terminal.Type(@"on\n"); // the last: with the child the terminal ends
        string all = await terminal.EndAsync();
        Assert.Contains("line on", all, StringComparison.Ordinal);
        Assert.Contains("child exit 5", all, StringComparison.Ordinal);
        Assert.Contains("exited 0", all, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task A_child_that_signals_its_group_frees_no_descendant(string signal)
    {
        // The host's group: host and child die of it, as without the library. The keepers do not, and end the daemon.
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start(["setsid-exec"], marker, "forward", "seq", Puppet.Daemon, "ignore", "TERM", "+", "pause", ",", "group-kill", signal);
        await host.Process.WaitForExitAsync();
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "the daemon dies, too");
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
