using System.Globalization;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Terminals;

/// <summary>Programs that people use at a terminal.</summary>
public sealed class InteractiveProgramsTests
{
    private static readonly TerminalOptions s_plain = new() { Type = "dumb" };

    [Fact(Timeout = 60_000)]
    public async Task Bash_has_job_control()
    {
        await using IChildProcess bash = await StartBashAsync();
        Screen screen = new(bash.Terminal!);
        await screen.ExpectAsync("ready> ");
        await screen.TypeAsync("echo $((40+2)) $-\n");
        await screen.ExpectAsync("42 ");
        await screen.ExpectAsync("m"); // monitor mode: it took the terminal

        await screen.TypeAsync("sleep 1000\n");
        await JobInForegroundAsync(bash);
        Assert.True(bash.Terminal!.Suspend());
        await screen.ExpectAsync("Stopped");
        await screen.ExpectAsync("ready> ");
        await screen.TypeAsync("jobs; bg; kill -0 %1 && echo is$((1))alive\n");
        await screen.ExpectAsync("is1alive");
        await screen.ExpectAsync("ready> ");
        await screen.TypeAsync("fg\n");
        await JobInForegroundAsync(bash);
        Assert.True(bash.Terminal.Interrupt());
        await screen.ExpectAsync("ready> ");
        await screen.TypeAsync("echo status $?; exit 7\n");
        await screen.ExpectAsync("status 130");
        Assert.Equal(7, (await bash.WaitForExitAsync()).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Ctrl_C_ends_the_foreground_job_alone()
    {
        await using IChildProcess bash = await StartBashAsync();
        Screen screen = new(bash.Terminal!);
        await screen.ExpectAsync("ready> ");
        await screen.TypeAsync("sleep 1001 & sleep 1002\n");
        await JobInForegroundAsync(bash);
        Assert.Equal(2, bash.GetDescendantIds().Count);
        bash.Terminal!.Interrupt();
        await screen.ExpectAsync("ready> ");
        await Eventually.HoldsAsync(() => bash.GetDescendantIds().Count == 1, "the job in the background lives on");
        Assert.False(bash.HasExited);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_shell_ends_at_the_end_of_input()
    {
        await using IChildProcess bash = await StartBashAsync();
        Screen screen = new(bash.Terminal!);
        await screen.ExpectAsync("ready> ");
        await bash.StandardInput.CompleteAsync();
        Assert.Equal(0, (await bash.WaitForExitAsync()).Code);
        await screen.EndAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hang_up_ends_a_shell_that_ignores_SIGTERM()
    {
        await using IChildProcess bash = await StartBashAsync();
        await new Screen(bash.Terminal!).ExpectAsync("ready> ");
        await WaitsForKeysAsync(bash);
        ExitStatus status = await bash.StopAsync(new StopPolicy(ChildSignal.Hangup, TimeSpan.FromSeconds(50)));
        Assert.NotEqual(ChildSignal.Kill, status.Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Python_answers()
    {
        await using IChildProcess python = await ChildProcess.StartAsync(
            new(new ChildProcessStartInfo(RealProgram.Find("python3"), "-q", "-I").AtTerminal(s_plain)) { Environment = RealProgram.Environment() });
        Screen screen = new(python.Terminal!);
        await screen.ExpectAsync(">>> ");
        await screen.TypeAsync("6 * 7\n");
        await screen.ExpectAsync("42\r\n");
        await screen.TypeAsync("import os; os.get_terminal_size()\n");
        await screen.ExpectAsync("columns=80, lines=24");
        await screen.ExpectAsync(">>> ");
        await screen.TypeAsync("exec('print(\"loo\" + \"ping\")\\nwhile True: pass')\n");
        await screen.ExpectAsync("looping"); // at a prompt a Ctrl-C may come between two keys, and be taken for one
        python.Terminal!.Interrupt();
        await screen.ExpectAsync("KeyboardInterrupt");
        await screen.ExpectAsync(">>> ");
        python.Terminal.EndOfInput();
        Assert.True((await python.WaitForExitAsync()).IsKnown); // up to 3.12 it remembers the Ctrl-C and ends by it
    }

    [Theory(Timeout = 60_000)]
    [InlineData("less")]
    [InlineData("vim")]
    public async Task A_full_screen_program_is_drawn_again_after_a_resize(string name)
    {
        string[] command = name == "less" ? [RealProgram.Find("less")] : [RealProgram.Find("vim", "vim.tiny", "vi"), "-u", "NONE", "-N", "-i", "NONE", "-n"];
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(file, Enumerable.Range(1, 100).Select(static i => string.Create(CultureInfo.InvariantCulture, $"row-{i:000}")));
            ChildProcessStartInfo info = new(new ChildProcessStartInfo(command[0], [.. command[1..], file]).AtTerminal(new TerminalOptions { Type = "xterm" }))
            {
                Environment = RealProgram.Environment(),
            };
            await using IChildProcess program = await ChildProcess.StartAsync(info);
            Screen screen = new(program.Terminal!);
            await screen.ExpectAsync("row-023");
            await WaitsForKeysAsync(program);
            program.Terminal!.Resize(100, 40);
            await screen.ExpectAsync("row-039");
            await screen.TypeAsync(name == "less" ? "q" : ":q!\r");
            Assert.Equal(0, (await program.WaitForExitAsync()).Code);
            Assert.DoesNotContain("row-041", await screen.EndAsync(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<IChildProcess> StartBashAsync() => await ChildProcess.StartAsync(
        new(new ChildProcessStartInfo(RealProgram.Find("bash"), "--norc", "--noprofile", "-i").AtTerminal(s_plain))
        {
            Environment = RealProgram.Environment(("PS1", "ready> ")),
        });

    // Line editors look for signals, then read: one that comes in between waits for the next key. So they must be asleep.
    private static Task<TimeSpan> WaitsForKeysAsync(IChildProcess program) => Eventually.HoldsAsync(
        () => File.ReadAllText($"/proc/{program.Id}/stat").Contains(") S ", StringComparison.Ordinal), "it waits for keys");

    // The shell gives the terminal to its job by tcsetpgrp(3), which tells nobody, and the job ignores Ctrl-Z until it is sleep.
    private static Task<TimeSpan> JobInForegroundAsync(IChildProcess shell) => Eventually.HoldsAsync(
        () =>
        {
            string stat = File.ReadAllText($"/proc/{shell.Id}/stat");
            int foreground = int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[5], CultureInfo.InvariantCulture);
            return foreground != shell.Id && File.ReadAllText($"/proc/{foreground}/comm") == "sleep\n";
        },
        "the job is the foreground");
}
