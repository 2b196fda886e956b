using System.IO.Pipelines;
using System.Text;
using ChildProc;

namespace Recipes;

/// <summary><see cref="ChildStdio.Terminal"/>.</summary>
internal static class TerminalRecipes
{
    public static async Task ShellAsync()
    {
        // <terminal>
        ChildProcessStartInfo info = new("bash", "--norc", "-i")
        {
            StandardInput = ChildStdio.Terminal, StandardOutput = ChildStdio.Terminal, StandardError = ChildStdio.Terminal,
            TerminalOptions = new() { Columns = 120, Rows = 40, Type = "xterm-256color" },
        };
        await using IChildProcess shell = await ChildProcess.StartAsync(info);
        await shell.StandardInput.WriteAsync("stty size\n"u8.ToArray());    // the keyboard
        ReadResult screen = await shell.StandardOutput.ReadAsync();         // what it shows, echo included
        shell.StandardOutput.AdvanceTo(screen.Buffer.Start, screen.Buffer.End);
        shell.Terminal!.Resize(100, 30);                                    // SIGWINCH for the foreground
        shell.Terminal.Interrupt();                                         // Ctrl-C for the foreground job alone
        // </terminal>

        Check.That(shell.Terminal.Size == new TerminalSize(100, 30));
    }

    public static async Task CaptureAsync()
    {
        // <terminal-capture>
        CapturedResult size = await ChildProcess.CaptureAsync(new("tput", "cols")
        {
            StandardOutput = ChildStdio.Terminal,
            TerminalOptions = new() { Columns = 132, Mode = TerminalMode.Raw, Type = "xterm" },
        });
        // </terminal-capture>

        Check.Equal("132", size.StandardOutput.Trim());
    }

    public static async Task PasswordAsync()
    {
        // <terminal-password>
        ChildProcessStartInfo info = new("sh", "-c", "stty -echo; printf 'Password: ' >&2; read -r secret; stty echo; printf '%s' \"$secret\" | wc -c")
        {
            StandardInput = ChildStdio.Terminal,
            StandardError = ChildStdio.Terminal,
            StandardOutput = ChildStdio.Pipe,       // clean: no question, no echo, no CR
        };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        ReadResult question = await child.Terminal!.Output.ReadAsync();
        child.Terminal.Output.AdvanceTo(question.Buffer.End);
        await child.StandardInput.WriteAsync("hunter2\n"u8.ToArray());
        using StreamReader answer = new(child.StandardOutput.AsStream(), Encoding.UTF8);
        string length = await answer.ReadToEndAsync();
        // </terminal-password>

        Check.Equal("7", length.Trim());
    }
}
