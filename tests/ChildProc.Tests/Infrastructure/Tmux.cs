using System.Diagnostics;

namespace ChildProc.Tests.Infrastructure;

/// <summary>A real terminal with an interactive shell in it. The server of its own is a daemon in the tree of the first command.</summary>
internal sealed class Tmux : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly string _program;
    private readonly IChildProcess _server;

    private Tmux(string program, string directory, IChildProcess server)
    {
        _program = program;
        Directory = directory;
        _server = server;
    }

    /// <summary>A directory for the test's files, too.</summary>
    internal string Directory { get; }

    /// <param name="host">The words of a host command, without blanks in them; the shell runs it as <c>$HOST</c>.</param>
    internal static async Task<Tmux> StartAsync(params string[] host)
    {
        string program = RealProgram.Find("tmux"), bash = RealProgram.Find("bash");
        string directory = System.IO.Directory.CreateTempSubdirectory("childproc-tmux").FullName;
        ChildProcessStartInfo info = new(
            program, "-S", Path.Combine(directory, "socket"), "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30",
            bash, "--norc", "--noprofile", "-i")
        {
            StandardInput = ChildStdio.Null,
            Environment = RealProgram.Environment(
                ("HOST", string.Join(' ', host).Replace("{directory}", directory, StringComparison.Ordinal)),
                ("MODES", Puppet.Path + " tty-modes"),
                ("PS1", "ready> "),
                ("SHELL", bash)), // else that of the user: where it is nologin, vim is restricted and refuses to be stopped
        };
        IChildProcess server = await ChildProcess.StartAsync(info);
        Tmux tmux = new(program, directory, server);
        Assert.Equal(0, (await server.WaitForExitAsync()).Code);
        await tmux.ExpectAsync("ready>");
        return tmux;
    }

    /// <summary>Presses keys by their tmux names; what is no name is typed.</summary>
    internal async Task PressAsync(params string[] keys) => await CommandAsync(["send-keys", .. keys]);

    internal async Task<string> TextAsync() => await CommandAsync(["capture-pane", "-p", "-S", "-"]);

    /// <summary>Waits until the screen shows it that often.</summary>
    internal async Task ExpectAsync(string text, int times = 1)
    {
        long began = Stopwatch.GetTimestamp();
        string screen;
        while (Count(screen = await TextAsync(), text) < times)
        {
            if (Stopwatch.GetElapsedTime(began) > s_patience)
            {
                Assert.Fail($"'{text}' did not come, but: {InOneLine(screen)}\n{await JobsAsync()}");
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }

    // A summary of failed tests has the first lines only.
    private static string InOneLine(string screen) => string.Join(" | ", screen.Split('\n').Where(static line => line.Trim() is not ("" or "~")));

    internal static int Count(string text, string part) => text.Split(part).Length - 1;

    public async ValueTask DisposeAsync()
    {
        if (!UnderTest.HoldsWholeTree)
        {
            await ChildProcess.RunAsync(new ChildProcessStartInfo(_program, "-S", Path.Combine(Directory, "socket"), "kill-server"));
        }

        await _server.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>What runs and what is stopped there.</summary>
    private async Task<string> JobsAsync()
    {
        string terminal = (await CommandAsync(["display-message", "-p", "#{pane_tty}"])).Trim();
        string[] words = ["-t", terminal, "-o", "pid,ppid,pgid,tpgid,stat,pending,ignored,caught,args"];
        return (await ChildProcess.CaptureAsync(new ChildProcessStartInfo("ps", words))).StandardOutput;
    }

    private async Task<string> CommandAsync(string[] words)
        => (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(_program, ["-S", Path.Combine(Directory, "socket"), .. words]))).EnsureSuccess().StandardOutput;
}
