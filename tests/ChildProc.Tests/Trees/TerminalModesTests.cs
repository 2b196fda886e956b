using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

public sealed class TerminalModesTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_terminal_has_its_modes_again_after_a_child_that_changed_them_and_was_killed()
    {
        using HostProcess host = HostProcess.Start(["pty-session"], null, "terminal-after", "seq", "tty-raw", ",", "signal-self", "KILL");
        string text = await host.Process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains("SIGKILL, exit 0", text, StringComparison.Ordinal);
        Assert.Contains("echo=1 icanon=1", text, StringComparison.Ordinal);
    }
}
