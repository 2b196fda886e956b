using System.Globalization;
using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Starts;

/// <summary>What the keepers are to the rest of the system: nothing that anyone would notice.</summary>
public sealed class KeeperStateTests
{
    public KeeperStateTests() => Requires.Keepers();

    [Fact(Timeout = 60_000)]
    public async Task Keepers_pin_no_directory_and_stay_in_the_hosts_session_but_not_in_its_group()
    {
        await using IChildProcessHost host = TestHost.Create();
        await using IChildProcess child = await host.StartAsync(new ChildProcessStartInfo(Puppet.Info("pause")) { WorkingDirectory = "/usr" });
        foreach (int keeper in new[] { Keepers.GuardianOf(host), Keepers.SupervisorOf(child) })
        {
            Assert.Equal(Keepers.CanBeLookedInto ? "/" : null, new FileInfo($"/proc/{keeper}/cwd").LinkTarget);
            string[] stat = (await File.ReadAllTextAsync($"/proc/{keeper}/stat", TestContext.Current.CancellationToken)).Split(") ")[1].Split(' ');
            Assert.NotEqual(Syscall.getpgrp(), int.Parse(stat[2], CultureInfo.InvariantCulture));
            Assert.Equal(Syscall.getsid(0), int.Parse(stat[3], CultureInfo.InvariantCulture));
            Assert.StartsWith("childproc-", await File.ReadAllTextAsync($"/proc/{keeper}/cmdline", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task No_signal_but_KILL_and_STOP_moves_a_keeper()
    {
        await using IChildProcessHost host = TestHost.Create();
        await using IChildProcess child = await host.StartAsync(Puppet.Seq("trap", "USR1", "alive", ",", "print", "ready", ",", "pause").Piped());
        await child.ExpectAsync("ready");
        int guardian = Keepers.GuardianOf(host), supervisor = Keepers.SupervisorOf(child);
        foreach (Signum signal in new[] { Signum.SIGTERM, Signum.SIGINT, Signum.SIGHUP, Signum.SIGQUIT, Signum.SIGPIPE, Signum.SIGALRM, Signum.SIGUSR1, Signum.SIGTSTP })
        {
            Assert.Equal(0, Syscall.kill(guardian, signal));
            Assert.Equal(0, Syscall.kill(supervisor, signal));
        }

        Assert.True(child.Signal(ChildSignal.User1));
        await child.ExpectAsync("alive");
        Assert.Equal(3, (await host.RunAsync(Puppet.Info("exit", "3"))).Status.Code);
        Assert.Equal((guardian, supervisor), (Keepers.GuardianOf(host), Keepers.SupervisorOf(child)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Keepers_hold_no_descriptor_of_the_host_or_of_a_child()
    {
        Assert.SkipUnless(Keepers.CanBeLookedInto, "only who may trace them may look into the keepers");
        using HostProcess host = HostProcess.Start(["with-leaked-fds", "300"], null, "trees", "3", "seq", "print", "ready", ",", "pause");
        Assert.Equal("ready", await host.LineAsync());
        foreach (int keeper in Keepers.OfHost(host.Id))
        {
            string[] targets = Array.ConvertAll(Directory.GetFileSystemEntries($"/proc/{keeper}/fd"), static f => new FileInfo(f).LinkTarget ?? "");
            Assert.InRange(targets.Length, 4, 12);
            Assert.DoesNotContain(targets, static t => t.StartsWith("pipe:", StringComparison.Ordinal));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failed_start_leaves_no_zombie_with_its_supervisor()
    {
        await using IChildProcessHost host = TestHost.Create();
        for (int i = 0; i < 40; i++)
        {
            await Assert.ThrowsAsync<ChildProcessStartException>(() => host.RunAsync(new ChildProcessStartInfo("/etc/passwd")));
        }

        foreach (int supervisor in Interop.ProcFile.Children(Keepers.GuardianOf(host)))
        {
            Assert.Empty(Interop.ProcFile.Children(supervisor));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_request_that_nobody_took_before_its_host_died_is_never_started()
    {
        using Marker marker = Marker.Create();
        string trace = Path.Combine(Path.GetTempPath(), "childproc-trace-" + marker.Value);
        using HostProcess host = HostProcess.Start([], marker, "start-when-told", "exec", RealProgram.Find("touch"), trace);
        Assert.Equal("ready", await host.LineAsync());
        List<int> keepers = Keepers.OfHost(host.Id);
        try
        {
            keepers.ForEach(static k => Syscall.kill(k, Signum.SIGSTOP));
            await host.Process.StandardInput.WriteLineAsync("go");
            await host.Process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            Assert.Equal("requested", await host.LineAsync());
            host.Kill();
            await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            keepers.ForEach(static k => Syscall.kill(k, Signum.SIGCONT));
        }

        await Eventually.HoldsAsync(() => !keepers.Exists(Keepers.IsAlive), "the keepers go");
        marker.AssertGone();
        Assert.False(File.Exists(trace));
    }
}
