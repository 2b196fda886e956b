using System.Diagnostics;
using System.Globalization;
using ChildProc.Engines;
using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>The shell that kills what a dead host has left: how it is told, and its script, run for real.</summary>
public sealed class DarwinWatchdogTests
{
    [Fact(Timeout = 60_000)]
    public async Task One_shell_serves_all_children_and_hears_of_each_end()
    {
        await using DarwinBench bench = new();
        DarwinTree first = bench.Start(), second = bench.Start();
        bench.Kernel.Exit(first.Id, 0);
        await DarwinBench.EndOf(first);
        first.Close();
        Assert.Equal($"+-{first.Id} +-{second.Id} --{first.Id}", Told(bench));
        Assert.Single(bench.Kernel.CallsNow, static call => call == "spawn /bin/sh");
        second.Kill();
        await DarwinBench.EndOf(second);
        second.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task The_shell_has_its_own_session_the_pipe_and_nothing_else()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { StandardOutput = ChildStdio.Pipe });
        ScriptedProcess shell = bench.Kernel[bench.Shell];
        Assert.Equal(shell.Pid, shell.Group);
        Assert.Equal("/", shell.Directory);
        Assert.Equal("0 pipe, 1 /dev/null, 2 /dev/null", string.Join(", ", shell.Files.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key} {pair.Value.Name}")));
        Assert.False(shell.Files[0].Writes);
        Assert.Equal(1, shell.Files[0].Pipe!.Writes.References); // the host alone: its end is the end of file
        tree.Kill();
        await DarwinBench.EndOf(tree);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_shell_that_died_is_replaced_with_the_next_start_and_told_all_that_live()
    {
        await using DarwinBench bench = new();
        DarwinTree first = bench.Start();
        int old = bench.Shell;
        bench.Kernel.Exit(old, DarwinAbi.SIGKILL);
        await Eventually.HoldsAsync(() => !bench.Kernel.Exists(old), "it is reaped");
        DarwinTree second = bench.Start();
        Assert.Equal([first.Id, second.Id], Told(bench).Split(' ').Select(static line => int.Parse(line[2..], CultureInfo.InvariantCulture)).Order());
        foreach (DarwinTree tree in new[] { first, second })
        {
            tree.Kill();
            await DarwinBench.EndOf(tree);
            tree.Close();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_shell_that_no_longer_reads_is_killed_before_its_pipe_is_closed()
    {
        await using DarwinBench bench = new();
        DarwinTree first = bench.Start();
        int old = bench.Shell;
        bench.Kernel.Fail("write +", DarwinAbi.EPIPE, DarwinAbi.EPIPE, 0);
        DarwinTree second = bench.Start();
        bench.InOrder($"write +-{second.Id}", $"kill {old} 9", $"wait {old}", "spawn /bin/sh");
        Assert.Contains(bench.Log.Entries, static entry => entry.Id.Id == 11);
        foreach (DarwinTree tree in new[] { first, second })
        {
            tree.Kill();
            await DarwinBench.EndOf(tree);
            tree.Close();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Exits_are_told_while_a_start_waits_for_the_shell()
    {
        await using DarwinBench bench = new();
        DarwinTree first = bench.Start();
        bool told = false;
        bench.Kernel.Fail("write +", DarwinAbi.EAGAIN, DarwinAbi.EAGAIN);
        bench.Kernel.Before("poll", () =>
        {
            List<ProcessTree> trees = bench.Engine.Trees();
            trees.ForEach(tree => bench.Kernel.Exit(tree.Id, 0)); // the one that is being started, too
            told = bench.Kernel.WaitUntil(() => trees.TrueForAll(static tree => tree.HasExited));
        });
        DarwinTree second = bench.Start();
        Assert.True(told);
        foreach (DarwinTree tree in new[] { first, second })
        {
            await DarwinBench.EndOf(tree);
            tree.Close();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_shell_that_cannot_be_told_of_an_end_at_once_is_killed_before_the_number_is_free()
    {
        await using DarwinBench bench = new();
        DarwinTree first = bench.Start(), second = bench.Start();
        int old = bench.Shell;
        bench.Kernel.Fail("write --", DarwinAbi.EAGAIN);
        bench.Kernel.Exit(first.Id, 0);
        await DarwinBench.EndOf(first);
        bench.InOrder($"write --{first.Id}", $"kill {old} 9", $"wait {first.Id}");
        await Eventually.HoldsAsync(() => bench.Shell is not 0 and int shell && shell != old && Told(bench) == $"+-{second.Id}", "another is told of who lives");
        first.Close();
        second.Kill();
        await DarwinBench.EndOf(second);
        second.Close();
    }

    public static TheoryData<string, string[]> Shells => new()
    {
        { "/bin/sh", [] },
        { "/bin/bash", ["--posix"] }, // as /bin/sh of macOS is
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Shells))]
    public async Task At_its_end_of_file_the_script_kills_what_was_added_and_not_taken_away(string shell, string[] options)
    {
        Assert.SkipUnless(File.Exists(shell), $"there is no {shell}");
        await using IChildProcess kept = await Group(), left = await Group(), taken = await Group(), single = await Group();
        using Process watchdog = Run(shell, options);
        int alike = kept.Id / 10; // a number that begins as another does
        await watchdog.StandardInput.WriteAsync($"+-{left.Id}\n+-{taken.Id}\n+-{kept.Id}\n--{alike}\n--{taken.Id}\nnonsense\n--{taken.Id}\n+{single.Id}\n+-{kept.Id}\n--{kept.Id}\n");
        watchdog.StandardInput.Close();
        await watchdog.WaitForExitAsync();
        Assert.Equal(ChildSignal.Kill, (await left.WaitForExitAsync()).Signal);
        Assert.Equal(ChildSignal.Kill, (await single.WaitForExitAsync()).Signal);
        Assert.Equal(ChildSignal.Kill, (await kept.WaitForExitAsync()).Signal); // it was added twice, and taken away once
        Assert.False(taken.HasExited);
        Assert.Equal("", await watchdog.StandardOutput.ReadToEndAsync());
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Shells))]
    public async Task The_script_does_nothing_before_the_end_of_file_and_outlives_signals(string shell, string[] options)
    {
        Assert.SkipUnless(File.Exists(shell), $"there is no {shell}");
        await using IChildProcess child = await Group();
        using Process watchdog = Run(shell, options);
        await watchdog.StandardInput.WriteAsync($"+-{child.Id}\n");
        await watchdog.StandardInput.FlushAsync();
        await Eventually.HoldsAsync(() => IgnoresTerm(watchdog.Id), "it has begun");
        Assert.Equal(0, Libc.kill(watchdog.Id, 15));
        Assert.Equal(0, Libc.kill(watchdog.Id, 1));
        await watchdog.StandardInput.WriteAsync("--1\n");
        await watchdog.StandardInput.FlushAsync();
        Assert.False(child.HasExited);
        watchdog.StandardInput.Close();
        await watchdog.WaitForExitAsync();
        Assert.Equal(ChildSignal.Kill, (await child.WaitForExitAsync()).Signal);
    }

    private static ValueTask<IChildProcess> Group() => ChildProcess.StartAsync(new(Puppet.Info("pause")) { NewProcessGroup = true });

    private static Process Run(string shell, string[] options) => Process.Start(new ProcessStartInfo(shell, [.. options, "-c", DarwinWatchdog.Script, "watchdog"])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static bool IgnoresTerm(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").First(static text => text.StartsWith("SigIgn:", StringComparison.Ordinal));
        return (ulong.Parse(line.AsSpan("SigIgn:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1ul << 14)) != 0;
    }

    // What the shell that runs now has been told.
    private static string Told(DarwinBench bench) => bench.Kernel.Peek(bench.Kernel[bench.Shell], 0).Replace('\n', ' ').TrimEnd();
}
