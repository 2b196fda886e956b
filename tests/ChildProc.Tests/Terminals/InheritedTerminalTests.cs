using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Terminals;

/// <summary>Children that inherit the terminal of their host, a job of an interactive shell, in a real terminal.</summary>
public sealed class InheritedTerminalTests
{
    [Fact(Timeout = 120_000)]
    public async Task An_editor_works_stops_and_continues()
    {
        string vi = RealProgram.Find("vim", "vim.tiny", "vi");
        await using Tmux tmux = await Tmux.StartAsync(Puppet.HostPath, "forward", Puppet.Path, "exec", vi, "-u", "NONE", "-N", "-i", "NONE", "-n", "{directory}/text");
        string file = Path.Combine(tmux.Directory, "text");
        await File.WriteAllTextAsync(file, "first line\n");
        await tmux.PressAsync("$HOST", "Enter");
        await tmux.ExpectAsync("first line");
        await tmux.PressAsync(":s/^/one /", "Enter"); // no Escape: an editor waits for what may follow it, and takes both for one key
        await tmux.ExpectAsync("one first line");
        await tmux.PressAsync("C-z");
        await tmux.ExpectAsync("Stopped");
        await tmux.PressAsync("clear; fg", "Enter");
        await tmux.ExpectAsync("one first line");
        await tmux.PressAsync(":s/^/two /", "Enter", ":wq", "Enter");
        await Eventually.HoldsAsync(() => File.ReadAllText(file).Contains("two", StringComparison.Ordinal), "it is written");
        await tmux.ExpectAsync("ready>");
        await tmux.PressAsync("$MODES", "Enter");
        await tmux.ExpectAsync("echo=1 icanon=1");
        Assert.Equal("two one first line\n", await File.ReadAllTextAsync(file));
    }

    [Fact(Timeout = 120_000)]
    public async Task Ctrl_C_reaches_host_and_child_once()
    {
        await using Tmux tmux = await Tmux.StartAsync(
            Puppet.HostPath, "interactive", Puppet.Path, "seq", "trap", "INT", "child-interrupted", ",", "print", "child-ready", ",", "read-line", ",", "exit", "3");
        await tmux.PressAsync("$HOST", "Enter");
        await tmux.ExpectAsync("child-ready");
        await tmux.ExpectAsync("host ready");
        await tmux.PressAsync("C-c");
        await tmux.ExpectAsync("child-interrupted");
        await tmux.ExpectAsync("host interrupted");
        await tmux.PressAsync("go", "Enter");
        await tmux.ExpectAsync("child exit 3");
        string all = await tmux.TextAsync();
        Assert.Equal((1, 1), (Tmux.Count(all, "child-interrupted"), Tmux.Count(all, "host interrupted")));
    }

    [Fact(Timeout = 120_000)]
    public async Task Ctrl_Z_stops_host_and_child_and_fg_continues_both()
    {
        await using Tmux tmux = await Tmux.StartAsync(
            Puppet.HostPath, "interactive", Puppet.Path, "seq", "print", "child-ready", ",", "read-line", ",", "exit", "4");
        await tmux.PressAsync("$HOST", "Enter");
        await tmux.ExpectAsync("child-ready");
        await tmux.ExpectAsync("host ready");
        await tmux.PressAsync("C-z");
        await tmux.ExpectAsync("Stopped");
        await tmux.PressAsync("fg", "Enter");
        await tmux.ExpectAsync("host continued"); // until then the shell reads the keys
        await tmux.PressAsync("again", "Enter");
        await tmux.ExpectAsync("line again");
        await tmux.ExpectAsync("child exit 4");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_dies_in_raw_mode_leaves_the_terminal_as_it_was()
    {
        await using Tmux tmux = await Tmux.StartAsync(Puppet.HostPath, "terminal-after", Puppet.Path, "seq", "tty-raw", ",", "signal-self", "KILL");
        await tmux.PressAsync("$HOST", "Enter");
        await tmux.ExpectAsync("SIGKILL, exit 0");
        await tmux.ExpectAsync("echo=1 icanon=1");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_shell_that_is_killed_gives_the_foreground_back()
    {
        await using Tmux tmux = await Tmux.StartAsync(Puppet.HostPath, "shell-killed", Puppet.Path);
        await tmux.PressAsync("$HOST", "Enter");
        await tmux.ExpectAsync("shell SIGKILL, foreground True");
        await tmux.PressAsync("here", "Enter");
        await tmux.ExpectAsync("read here");
        await tmux.ExpectAsync("ready>", 2);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_of_a_killed_shell_gives_the_foreground_back_when_the_tree_is_gone()
    {
        Requires.WholeTree(); // the job has a group of its own, and nobody for a parent when the shell is dead
        await using Tmux tmux = await Tmux.StartAsync(Puppet.HostPath, "shell-with-job-killed", Puppet.Path);
        await tmux.PressAsync("$HOST", "Enter");
        await tmux.ExpectAsync("ready>", 2);
        await tmux.PressAsync("sleep 1000", "Enter");
        await tmux.ExpectAsync("shell SIGKILL, foreground False");
        await tmux.ExpectAsync("tree gone, foreground True");
        await tmux.PressAsync("here", "Enter");
        await tmux.ExpectAsync("read here");
    }
}
