using System.Runtime.Versioning;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Windows;

/// <summary>ChildStdio.Terminal is a pseudo-console.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsTerminalTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_child_has_a_console_of_the_size_that_was_asked_for()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("console").AtTerminal(new TerminalOptions { Columns = 91, Rows = 31 }));
        await new Screen(child.Terminal!).ExpectAsync("91x31");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_typed_is_read_and_the_screen_ends_with_the_child()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("console-line").AtTerminal());
        Screen screen = new(child.Terminal!);
        await screen.TypeAsync("typed\r");
        await screen.ExpectAsync("line typed");
        await screen.EndAsync();
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_three_streams_of_the_child_are_the_console()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("read-line").AtTerminal());
        Screen screen = new(child.Terminal!);
        await screen.TypeAsync("typed\r");
        Assert.SkipWhen(await Task.WhenAny(child.WaitForExitAsync().AsTask(), screen.ExpectAsync("line typed")) is Task<ExitStatus> exit && (await exit).Code == 4, "Wine 8 gives the child of a pseudo-console no standard streams there");
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hang_up_ends_the_screen_and_throws_nothing()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").AtTerminal());
        child.Terminal!.HangUp();
        await new Screen(child.Terminal).EndAsync();
        Assert.False(child.Terminal.Interrupt() || child.Terminal.Resize(10, 10));
        Assert.Equal(new TerminalSize(80, 24), child.Terminal.Size);
    }

    [Fact(Timeout = 60_000)]
    public void What_a_pseudo_console_does_not_have_is_refused()
    {
        Assert.Throws<PlatformNotSupportedException>(() => ChildProcess.Prepare(new ChildProcessStartInfo(Puppet.Info("pause")) { StandardInput = ChildStdio.Terminal, StandardOutput = ChildStdio.Pipe }));
        Assert.Throws<PlatformNotSupportedException>(() => ChildProcess.Prepare(Puppet.Info("pause").AtTerminal(new TerminalOptions { Mode = TerminalMode.Raw })));
    }
}
