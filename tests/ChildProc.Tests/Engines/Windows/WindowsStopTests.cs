using System.Runtime.Versioning;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Windows;

/// <summary>What Windows has in place of signals.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsStopTests
{
    [Fact(Timeout = 60_000)]
    public async Task Terminate_is_a_ctrl_break_that_a_program_may_obey()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Grouped("trap-exit", "TERM", "5", ",", "print", "ready", ",", "pause"));
        await child.ExpectAsync("ready");
        RequireBreak(child.Signal(ChildSignal.Terminate));
        Assert.Equal(5, (await child.WaitForExitAsync()).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_does_not_obey_is_killed_when_the_grace_is_over()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Grouped("trap", "INT", "heard", ",", "print", "ready", ",", "pause"));
        await child.ExpectAsync("ready");
        RequireBreak(child.Signal(ChildSignal.Interrupt));
        await child.ExpectAsync("heard");
        Task<ExitStatus> stop = child.StopAsync(new StopPolicy(ChildSignal.Interrupt, TimeSpan.FromMilliseconds(300))).AsTask();
        await child.ExpectAsync("heard");
        Assert.Equal(-1, (await stop).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_cannot_be_asked_is_not_waited_for()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("print", "ready", ",", "pause").Piped());
        await child.ExpectAsync("ready");
        Assert.False(child.Signal(ChildSignal.Interrupt)); // it has no group of its own, and the host's is not ours to break
        Task<ExitStatus> stop = child.StopAsync(new StopPolicy(ChildSignal.Interrupt, TimeSpan.FromMinutes(10))).AsTask();
        Assert.Equal(-1, (await stop.WaitAsync(Eventually.Patience)).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Kill_is_the_end_of_the_child_or_of_its_tree_and_other_signals_are_refused()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("daemon", "pause", ",", "print", "ready", ",", "pause").Piped());
        await child.ExpectAsync("ready");
        Assert.Throws<PlatformNotSupportedException>(() => child.Signal(ChildSignal.Hangup));
        Assert.True(child.Signal(ChildSignal.Kill));
        Assert.Equal(-1, (await child.WaitForExitAsync()).Code);
        Assert.NotEmpty(child.GetDescendantIds());
        Assert.True(child.Signal(ChildSignal.Kill, SignalScope.Tree));
        await child.WaitForTreeAsync();
        Assert.False(child.Signal(ChildSignal.Kill));
    }

    [Fact(Timeout = 60_000)]
    public async Task Terminate_closes_the_windows_of_a_program()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("window").Piped());
        string? line = await child.NextLineAsync();
        Assert.SkipWhen(line is null && (await child.WaitForExitAsync()).Code == 77, "there is no display, and without one Wine makes no window");
        Assert.Equal("ready", line);
        Assert.Equal(7, (await child.StopAsync(Stops.Patient)).Code);
    }

    private static ChildProcessStartInfo Grouped(params string[] words) => new(Puppet.Seq(words).Piped()) { NewProcessGroup = true };

    private static void RequireBreak(bool sent)
        => Assert.SkipWhen(!sent && WindowsProcesses.IsWine, "GenerateConsoleCtrlEvent of Wine 8 refuses CTRL_BREAK with ERROR_INVALID_HANDLE");
}
