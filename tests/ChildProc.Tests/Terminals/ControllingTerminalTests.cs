using System.Globalization;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Terminals;

/// <summary>What the child finds when it begins.</summary>
public sealed class ControllingTerminalTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_terminal_is_the_childs_own_and_the_child_its_foreground()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").AtTerminal());
        string stat = await File.ReadAllTextAsync($"/proc/{child.Id}/stat");
        int[] fields = Array.ConvertAll(stat[(stat.LastIndexOf(')') + 4)..].Split(' ')[..5], static f => int.Parse(f, CultureInfo.InvariantCulture));
        (int group, int session, int terminal, int foreground) = (fields[1], fields[2], fields[3], fields[4]);
        Assert.Equal((child.Id, child.Id, child.Id), (group, session, foreground));
        const int FirstMajorOfUnix98Terminals = 136; // Documentation/admin-guide/devices.txt
        Assert.InRange((terminal >> 8) & 0xfff, FirstMajorOfUnix98Terminals, 143);
    }

    [Fact(Timeout = 60_000)]
    public async Task All_three_streams_are_it_and_nothing_else_is_open()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(Puppet.Info("fds").AtTerminal());
        string[] lines = result.StandardOutput.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        string[] targets = [.. lines.Select(static l => l.Split(' ')[1]).Distinct()];
        Assert.StartsWith("/dev/pts/", Assert.Single(targets), StringComparison.Ordinal);
        Assert.Equal(["0", "1", "2"], lines.Select(static l => l.Split(' ')[0]));
    }

    [Fact(Timeout = 60_000)]
    public async Task It_has_the_default_size() => Assert.Equal("24 80\r\n", (await Stty(null)).StandardOutput);

    [Fact(Timeout = 60_000)]
    public async Task It_has_the_size_that_was_asked_for()
        => Assert.Equal("50 132\r\n", (await Stty(new TerminalOptions { Columns = 132, Rows = 50 })).StandardOutput);

    [Theory(Timeout = 60_000)]
    [InlineData(TerminalMode.Cooked, "echo=1 icanon=1\r\n")]
    [InlineData(TerminalMode.CookedWithoutEcho, "echo=0 icanon=1\r\n")]
    [InlineData(TerminalMode.Raw, "echo=0 icanon=0\n")]
    public async Task It_has_the_mode_that_was_asked_for(TerminalMode mode, string expected)
    {
        ChildProcessStartInfo info = new(Puppet.Info("tty-modes").AtTerminal(new TerminalOptions { Mode = mode })) { StandardInput = ChildStdio.Terminal };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        Assert.Equal(mode, child.Terminal!.Mode);
        Assert.Equal(expected, await new Screen(child.Terminal).EndAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task TERM_is_set_only_when_asked_for()
    {
        ChildProcessStartInfo info = new(Puppet.Info("env-get", "TERM").AtTerminal()) { Environment = new Dictionary<string, string?> { ["TERM"] = null } };
        Assert.Equal("TERM=<unset>\r\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        info = new(info) { Environment = new Dictionary<string, string?>(), TerminalOptions = new() { Type = "vt220" } };
        Assert.Equal("TERM=vt220\r\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        info = new(info) { InheritEnvironment = false };
        Assert.Equal("TERM=vt220\r\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_without_one_has_no_terminal()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("exit", "0").Piped());
        Assert.Null(child.Terminal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_user_can_open_it_by_name()
    {
        const uint Nobody = 65534;
        Assert.SkipUnless(Privileges.MayBecome(Nobody), Privileges.OtherIdentity);
        ChildProcessStartInfo info = new(new ChildProcessStartInfo("/bin/sh", "-c", "echo named > $(tty) && echo own > /dev/tty").AtTerminal())
        {
            Credentials = new(Nobody, Nobody),
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.Equal("named\r\nown\r\n", result.StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_group_of_the_child_can_be_signalled()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").AtTerminal());
        Assert.True(child.Signal(ChildSignal.Terminate, SignalScope.ProcessGroup));
        Assert.Equal(ChildSignal.Terminate, (await child.WaitForExitAsync()).Signal);
    }

    private static Task<CapturedResult> Stty(TerminalOptions? options)
        => ChildProcess.CaptureAsync(new ChildProcessStartInfo(RealProgram.Find("stty"), "size").AtTerminal(options));
}
