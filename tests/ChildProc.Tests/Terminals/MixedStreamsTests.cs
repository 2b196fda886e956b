using System.Text;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Terminals;

/// <summary>A terminal beside streams of other kinds, and the whole runs that know of terminals.</summary>
public sealed class MixedStreamsTests
{
    [Fact(Timeout = 60_000)]
    public async Task Streams_that_are_left_open_are_the_terminal()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new(Puppet.Info("fds")) { StandardError = ChildStdio.Terminal });
        string text = await new Screen(child.Terminal!).EndAsync();
        Assert.Equal(3, text.Split("/dev/pts/").Length - 1);
        Assert.Same(child.Terminal!.Output, child.StandardOutput);
        Assert.Same(child.Terminal.Input, child.StandardInput);
        Assert.Throws<InvalidOperationException>(() => child.StandardError);
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_can_be_a_pipe_and_errors_the_terminal()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("print", "out", ",", "eprint", "err")) { StandardOutput = ChildStdio.Pipe, StandardError = ChildStdio.Terminal };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.Equal(("out\n", "err\r\n"), (result.StandardOutput, result.StandardError));
    }

    [Fact(Timeout = 60_000)]
    public async Task Errors_can_follow_the_output_to_the_terminal()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("print", "out", ",", "eprint", "err")) { StandardOutput = ChildStdio.Terminal, StandardError = ChildStdio.ToStandardOutput };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.Equal(("out\r\nerr\r\n", ""), (result.StandardOutput, result.StandardError));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_password_is_asked_for_at_the_terminal_of_a_child_with_pipes()
    {
        const string Script = "stty -echo; printf 'Password: ' > /dev/tty; read x < /dev/tty; echo \"got $x\"; cat <&3";
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "from the file\n");
            using FileStream handle = File.OpenRead(file);
            ChildProcessStartInfo info = new("/bin/sh", "-c", Script)
            {
                StandardInput = ChildStdio.Terminal,
                StandardOutput = ChildStdio.Pipe,
                StandardError = ChildStdio.Pipe,
                InheritedHandles = new Dictionary<int, System.Runtime.InteropServices.SafeHandle> { [3] = handle.SafeFileHandle },
            };
            await using IChildProcess child = await ChildProcess.StartAsync(info);
            Screen screen = new(child.Terminal!);
            await screen.ExpectAsync("Password: ");
            Assert.Equal(TerminalMode.CookedWithoutEcho, child.Terminal!.Mode);
            await screen.TypeAsync("sesame\n");
            Assert.Equal("got sesame\nfrom the file\n", Encoding.UTF8.GetString(await TerminalOutputTests.AllAsync(child.StandardOutput)));
            Assert.Equal("Password: ", await screen.EndAsync());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_captured_child_believes_in_its_terminal_and_its_input_is_at_its_end()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo("/bin/sh", "-c", "cat; test -t 0 && test -t 1 && echo believes").AtTerminal());
        Assert.Equal("believes\r\n", result.EnsureSuccess().StandardOutput);
        ChildProcessStartInfo outputOnly = new("/bin/sh", "-c", "cat; test -t 0 || echo null") { StandardOutput = ChildStdio.Terminal };
        Assert.Equal("null\r\n", (await ChildProcess.CaptureAsync(outputOnly)).StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines_of_a_terminal_have_no_carriage_return()
    {
        List<OutputLine> lines = [];
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(Puppet.Seq("print", "one", ",", "eprint", "two").AtTerminal()))
        {
            lines.Add(line);
        }

        Assert.Equal([new OutputLine("one", OutputSource.StandardOutput), new OutputLine("two", OutputSource.StandardOutput)], lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Runs_refuse_terminals_that_nobody_would_serve()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => ChildProcess.RunAsync(Puppet.Info("exit", "0").AtTerminal()));
        await Assert.ThrowsAsync<ArgumentException>(() => ChildProcess.CaptureAsync(Puppet.Info("exit", "0").AtTerminal(new TerminalOptions { Mode = TerminalMode.Raw })));
        await Assert.ThrowsAsync<ArgumentException>(() => ChildProcess.CaptureAsync(
            new(Puppet.Info("exit", "0")) { StandardInput = ChildStdio.Terminal, StandardOutput = ChildStdio.Pipe, StandardError = ChildStdio.Null }));
        ChildPipeline pipeline = new(Puppet.Info("exit", "0"), new(Puppet.Info("exit", "0")) { StandardOutput = ChildStdio.Terminal });
        await Assert.ThrowsAsync<ArgumentException>(() => pipeline.RunAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => pipeline.CaptureAsync());
    }
}
