using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>A host that leads the session of a terminal, as in a container: its keepers share its group.</summary>
public sealed class SessionLeaderTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task A_child_that_signals_its_group_frees_no_descendant(string signal)
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start(["pty-session"], marker, "forward", "seq", "daemon", "ignore", "TERM", "+", "pause", ",", "group-kill", signal);
        int terminal = host.Id;
        await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => marker.Survivors().TrueForAll(p => p == terminal), "the daemon dies, too");
    }
}
