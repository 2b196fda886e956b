using ChildProc.Engines;
using ChildProc.Interop;
using ChildProc.Pipes;
using ChildProc.Terminals;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Terminals;

/// <summary>What can be done with the terminal of a running child.</summary>
public sealed class ChildTerminalTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_resize_reaches_the_child()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("trap", "WINCH", "resized", ",", "print", "ready", ",", "read-line", ",", "exec", RealProgram.Find("stty"), "size").AtTerminal());
        Screen screen = new(child.Terminal!);
        await screen.ExpectAsync("ready");
        Assert.Equal(new TerminalSize(80, 24), child.Terminal!.Size);
        Assert.True(child.Terminal.Resize(101, 33));
        await screen.ExpectAsync("resized");
        Assert.Equal(new TerminalSize(101, 33), child.Terminal.Size);
        await screen.TypeAsync("go\n");
        await screen.ExpectAsync("33 101");
    }

    [Fact(Timeout = 60_000)]
    public async Task Echo_can_be_switched_off()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo("cat").AtTerminal());
        Screen screen = new(child.Terminal!);
        await screen.TypeAsync("seen\n");
        await screen.ExpectAsync("seen\r\nseen\r\n");
        Assert.True(child.Terminal!.SetMode(TerminalMode.CookedWithoutEcho));
        Assert.Equal(TerminalMode.CookedWithoutEcho, child.Terminal.Mode);
        await screen.TypeAsync("secret\n");
        await screen.ExpectAsync("secret\r\n");
        Assert.True(child.Terminal.EndOfInput());
        Assert.EndsWith("seen\r\nsecret\r\n", await screen.EndAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_mode_that_the_child_sets_is_seen()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("tty-raw", ",", "print", "ready", ",", "pause").AtTerminal());
        await new Screen(child.Terminal!).ExpectAsync("ready");
        Assert.Equal(TerminalMode.Raw, child.Terminal!.Mode);
    }

    [Fact(Timeout = 60_000)]
    public async Task End_of_input_ends_a_reader()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo("cat").AtTerminal());
        Assert.True(child.Terminal!.EndOfInput());
        Assert.Equal(0, (await child.WaitForExitAsync()).Code);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("whole\n", "whole\r\nwhole\r\n")]
    [InlineData("half", "halfhalf")]
    [InlineData("", "")]
    public async Task Completing_the_input_ends_a_reader_wherever_the_line_stands(string typed, string expected)
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo("cat").AtTerminal());
        await new Screen(child.Terminal!).TypeAsync(typed);
        await child.StandardInput.CompleteAsync();
        Assert.Equal(0, (await child.WaitForExitAsync()).Code);
        Assert.Equal(expected, await new Screen(child.Terminal!).EndAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Ctrl_C_ends_the_child()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo("cat").AtTerminal());
        Assert.True(child.Terminal!.Interrupt());
        Assert.Equal(ChildSignal.Interrupt, (await child.WaitForExitAsync()).Signal);
        Assert.Equal("^C", await new Screen(child.Terminal).EndAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Ctrl_C_reaches_a_child_that_does_not_read_though_no_more_keys_fit()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").AtTerminal(new TerminalOptions { Mode = TerminalMode.CookedWithoutEcho }));
        byte[] line = new byte[1024];
        line.AsSpan().Fill((byte)'x');
        line[^1] = (byte)'\n';
        using CancellationTokenSource full = new();
        Task<System.IO.Pipelines.FlushResult> typing = child.StandardInput.WriteAsync(Enumerable.Repeat(line, 1024).SelectMany(static l => l).ToArray(), full.Token).AsTask();
        Assert.False(typing.IsCompleted);
        Assert.True(child.Terminal!.Interrupt());
        Assert.Equal(ChildSignal.Interrupt, (await child.WaitForExitAsync()).Signal);
        Assert.True((await typing).IsCompleted); // nobody reads any more: an answer, not an exception
    }

    [Fact(Timeout = 60_000)]
    public async Task Ctrl_C_passes_keys_that_wait_though_there_is_room_behind_them()
    {
        // What the child reads makes room for the key, in front of a line discipline that stays full.
        string[] readsSome = ["read-line", ",", "read-line", ",", "read-line", ",", "read-line", ",", "read-line", ",", "read-line", ",", "read-line", ",", "read-line"];
        await using IChildProcess child = await ChildProcess.StartAsync(
            Puppet.Seq(["stop-self", ",", .. readsSome, ",", "print", "ready", ",", "pause"]).AtTerminal(new TerminalOptions { Mode = TerminalMode.CookedWithoutEcho }));
        await Eventually.HoldsAsync(() => ProcStat.Read(child.Id)?.State == 'T', "the child stops");
        PseudoTerminal terminal = (PseudoTerminal)HostExit.Engines.SelectMany(static engine => engine.Trees()).Single(tree => tree.Id == child.Id).Pipes.Terminal!;
        byte[] line = [.. Enumerable.Repeat((byte)'x', 1023), (byte)'\n'];
        while (terminal.Input.TryWrite(line) != PipeEnd.NotNow)
        {
        }

        child.Signal(ChildSignal.Continue);
        await new Screen(child.Terminal!).ExpectAsync("ready");
        await Eventually.HoldsAsync(() => HasRoom(terminal.Input.Number!.Value), "there is room");
        Assert.True(child.Terminal!.Interrupt());
        Assert.Equal(ChildSignal.Interrupt, (await child.WaitForExitAsync()).Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hang_up_ends_the_child_and_the_output()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo("cat").AtTerminal(new TerminalOptions { Columns = 90, Rows = 30 }));
        IChildTerminal terminal = child.Terminal!;
        Task<string> output = new Screen(terminal).EndAsync();
        terminal.HangUp();
        Assert.Equal(ChildSignal.Hangup, (await child.WaitForExitAsync()).Signal);
        Assert.Equal("", await output);
        Assert.False(terminal.Resize(10, 10) || terminal.SetMode(TerminalMode.Raw) || terminal.Interrupt() || terminal.Suspend() || terminal.EndOfInput());
        Assert.Equal((new TerminalSize(90, 30), TerminalMode.Cooked), (terminal.Size, terminal.Mode));
        Assert.True((await terminal.Input.WriteAsync(new byte[] { 1 })).IsCompleted);
        terminal.HangUp();
    }

    [Fact(Timeout = 60_000)]
    public async Task Completing_the_output_hangs_up()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo("cat").AtTerminal());
        await child.StandardOutput.CompleteAsync();
        Assert.Equal(ChildSignal.Hangup, (await child.WaitForExitAsync()).Signal);
        Assert.Equal(new TerminalSize(80, 24), child.Terminal!.Size);
    }

    [Fact(Timeout = 60_000)]
    public async Task After_dispose_facts_stay_and_requests_say_no()
    {
        IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").AtTerminal());
        IChildTerminal terminal = child.Terminal!;
        await child.DisposeAsync();
        Assert.Equal((new TerminalSize(80, 24), TerminalMode.Cooked), (terminal.Size, terminal.Mode));
        Assert.False(terminal.Resize(10, 10) || terminal.Interrupt());
        terminal.HangUp();
        await terminal.Input.CompleteAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Faulty_arguments_are_refused()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").AtTerminal());
        Assert.Throws<ArgumentOutOfRangeException>("columns", () => child.Terminal!.Resize(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>("columns", () => child.Terminal!.Resize(32768, 1));
        Assert.Throws<ArgumentOutOfRangeException>("rows", () => child.Terminal!.Resize(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>("rows", () => child.Terminal!.Resize(1, 32768));
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => child.Terminal!.SetMode((TerminalMode)(-1)));
    }

    private static unsafe bool HasRoom(int descriptor)
    {
        Libc.PollDescriptor poll = new() { Descriptor = descriptor, Events = Libc.POLLOUT };
        return Libc.poll(&poll, 1, 0) == 1 && poll.Returned == Libc.POLLOUT;
    }
}
