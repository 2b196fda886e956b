using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Starts;

/// <summary>Whatever state the host is in, its children start as they should, and it stays as it was.</summary>
public sealed class HostStateTests
{
    [Fact(Timeout = 60_000)]
    public async Task Nothing_of_the_hosts_own_state_is_changed()
        => Assert.Equal((0, "unchanged"), await HostProcess.RunAsync([], "own-state"));

    [Fact(Timeout = 60_000)]
    public async Task Signals_that_the_host_was_started_to_ignore_or_block_are_free_in_the_child()
    {
        string[] launcher = ["seq", "ignore", "HUP", ",", "ignore", "XFSZ", ",", "ignore", "USR2", ",", "block", "TERM", ",", "block", "INT", ",", "exec"];
        (int code, string text) = await HostProcess.RunAsync(launcher, "forward", "signals");
        Assert.Equal(0, code);
        Assert.Contains("SigBlk:\t0000000000000000", text, StringComparison.Ordinal);
        Assert.Contains("SigIgn:\t0000000000000000", text, StringComparison.Ordinal);
        Assert.Contains("SigCgt:\t0000000000000000", text, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Descriptors_that_the_host_was_born_with_stay_out()
    {
        (int code, string text) = await HostProcess.RunAsync(["with-leaked-fds", "300"], "forward", "fds");
        Assert.Equal(0, code);
        Assert.Equal(["0", "1", "2"], text.Split('\n').Select(static l => l.Split(' ')[0]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_without_standard_streams_starts_children_like_any_other()
    {
        string path = Path.GetTempFileName();
        try
        {
            (int code, _) = await HostProcess.RunAsync(["closed-stdio"], "to-file", path, "seq", "print", "here", ",", "exit", "4");
            Assert.Equal(0, code);
            Assert.Equal("here\nexit 4", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_takes_the_number_of_a_closed_standard_stream_is_none()
        => Assert.Equal((0, "0 /dev/null"), await HostProcess.RunAsync([], "without-input"));

    [Fact(Timeout = 60_000)]
    public async Task A_child_of_the_host_that_ended_earlier_stays_the_hosts_to_wait_for()
        => Assert.Equal((0, "exit 3, then exit 9"), await HostProcess.RunAsync(["with-zombie", "9"], "earlier-zombie"));

    [Fact(Timeout = 60_000)]
    public async Task A_file_system_without_programs_is_told_apart_from_a_missing_program()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-noexec");
        try
        {
            (int code, string text) = await HostProcess.RunAsync(["noexec-mount", directory.FullName], "copy-outcome", directory.FullName);
            Assert.SkipWhen(code == 77, "no permission to mount a file system");
            Assert.Equal((0, "Execute 13"), (code, text));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_sees_only_the_proc_of_another_namespace_gets_a_process_group_and_reads_nobody_elses_processes()
    {
        (int code, string text) = await HostProcess.RunAsync(["foreign-proc"], "outcome", "exit", "3");
        Assert.SkipWhen(code == 77, "no permission for a PID namespace");
        Assert.Equal((0, "exit 3"), (code, text));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_prepared_command_keeps_the_directory_of_its_preparation()
    {
        using TemporaryDirectory directory = TemporaryDirectory.ForPrograms();
        string before = Directory.CreateDirectory(directory["before/work"]).FullName, after = Directory.CreateDirectory(directory["after/work"]).FullName;
        directory.WritePuppet("before/tool");
        (int code, string text) = await HostProcess.RunAsync([], "prepared-elsewhere", Path.GetDirectoryName(before)!, Path.GetDirectoryName(after)!);
        Assert.Equal((0, $"{before}\nPWD={before}\n{before}\nPWD={before}"), (code, text));
    }

    [Fact(Timeout = 120_000)]
    public async Task Stops_and_continues_in_the_middle_of_starts_lose_none()
    {
        using HostProcess host = HostProcess.Start(["setpgid-exec"], null, "statuses");
        host.Process.StandardInput.Close();
        Task<string> text = host.Process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        while (!text.IsCompleted)
        {
            // To the whole group, as a terminal does: host and children, wherever they stand between clone and exec.
            Syscall.kill(-host.Id, Signum.SIGTSTP);
            Syscall.kill(-host.Id, Signum.SIGCONT);
            await Task.WhenAny(text, Task.Delay(1, TestContext.Current.CancellationToken));
        }

        Assert.Equal("exact\n", await text);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_outlives_the_thread_that_started_it()
    {
        // PR_SET_PDEATHSIG is about threads: of the host's, none may be the parent, not even of the guardian.
        await using IChildProcessHost host = TestHost.Create();
        IChildProcess? started = null;
        Thread thread = new(() => started = ((LocalChildProcessHost)host).Prepare(Puppet.Seq("trap", "USR1", "alive", ",", "print", "ready", ",", "pause").Piped()).Start());
        thread.Start();
        thread.Join();
        await using IChildProcess child = started!;
        await child.ExpectAsync("ready");
        Assert.True(child.Signal(ChildSignal.User1));
        await child.ExpectAsync("alive");
        Assert.Equal(2, (await host.RunAsync(Puppet.Info("exit", "2"))).Status.Code);
    }
}
