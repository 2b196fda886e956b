using System.Globalization;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Trees;

public sealed class ExitStatusExactnessTests
{
    [Theory(Timeout = 120_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(137)]
    [InlineData(255)]
    public async Task An_exit_code_is_that_code(int code)
    {
        ExitStatus status = (await ChildProcess.RunAsync(Puppet.Info("exit", code.ToString(CultureInfo.InvariantCulture)))).Status;
        Assert.Equal(code, status.Code);
        Assert.Null(status.Signal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("KILL")]
    [InlineData("TERM")]
    [InlineData("SEGV")]
    [InlineData("PIPE")]
    public async Task A_death_by_signal_is_that_signal(string name)
    {
        ExitStatus status = (await ChildProcess.RunAsync(Puppet.Info("signal-self", name))).Status;
        Assert.Null(status.Code);
        Assert.False(status.IsSuccess);
        Assert.Equal("SIG" + name, status.Signal?.Name);
        Assert.Equal(NativeConvert.FromSignum(Enum.Parse<Signum>("SIG" + name)), status.Signal?.Number); // an independent oracle
    }

    [Fact(Timeout = 120_000)]
    public async Task A_core_dump_is_told_apart()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-core");
        try
        {
            ChildProcessStartInfo without = new(Puppet.Seq("undumpable", ",", "signal-self", "ABRT")) { WorkingDirectory = directory.FullName };
            ExitStatus status = (await ChildProcess.RunAsync(without)).Status;
            Assert.Equal(ChildSignal.Abort, status.Signal);
            Assert.False(status.CoreDumped);

            string pattern = ProcFile.Text("/proc/sys/kernel/core_pattern").Trim();
            Assert.SkipWhen(pattern.Length == 0 || pattern.StartsWith('|') || pattern.Contains('/'), "core_pattern sends core dumps elsewhere: " + pattern);
            Assert.SkipWhen((await Puppet.ReportAsync(Puppet.Info("attrs")))["core"].EndsWith("/0", StringComparison.Ordinal), "the hard limit forbids core dumps");
            ChildProcessStartInfo with = new(Puppet.Seq("core-limit", "unlimited", ",", "signal-self", "ABRT")) { WorkingDirectory = directory.FullName };
            Assert.True((await ChildProcess.RunAsync(with)).Status.CoreDumped);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Usage_tells_time_and_peak_memory()
    {
        ResourceUsage usage = (await ChildProcess.RunAsync(Puppet.Seq("burn-ms", "60", ",", "alloc-mb", "40"))).Status.Usage;
        Assert.True(usage.UserTime + usage.SystemTime >= TimeSpan.FromMilliseconds(50), usage.ToString());
        long least = UnderTest.HoldsWholeTree ? 40L << 20 : 0; // a child of the host's own begins with the host's peak
        Assert.InRange(usage.PeakMemoryBytes, least, 200L << 20);
    }

    [Fact(Timeout = 90_000)]
    public async Task No_status_is_lost_when_the_host_ignores_SIGCHLD()
        => Assert.Equal((0, "exact"), await HostProcess.RunAsync(["sigchld-ignored"], "statuses"));

    [Fact(Timeout = 90_000)]
    public async Task No_status_is_lost_to_a_thread_that_waits_for_any_child()
        => Assert.Equal((0, "exact"), await HostProcess.RunAsync([], "thief"));

    [Fact(Timeout = 90_000)]
    public async Task No_status_is_lost_beside_the_runtimes_own_processes()
        => Assert.Equal((0, "exact"), await HostProcess.RunAsync([], "beside-process"));

    [Fact(Timeout = 90_000)]
    public async Task No_status_is_lost_when_the_host_is_PID_1()
    {
        (int code, string text) = await HostProcess.RunAsync(["as-pid1"], "statuses");
        Assert.SkipWhen(code == 77, "no permission to make a PID namespace");
        Assert.Equal((0, "exact"), (code, text));
    }

    [Theory(Timeout = 90_000)]
    [InlineData(null)]
    [InlineData("ENOSYS")]
    [InlineData("EPERM")]
    public async Task A_host_that_is_PID_1_buries_a_killed_guardian_and_its_supervisors(string? errorOfPidfds)
    {
        Requires.Keepers();
        string[] launcher = errorOfPidfds is null ? ["as-pid1"] : ["as-pid1", Puppet.Path, "refuse", errorOfPidfds, "pidfd_open"];
        (int code, string text) = await HostProcess.RunAsync(launcher, "guardian-dies");
        Assert.SkipWhen(code == 77, "no permission to make a PID namespace");
        Assert.Equal((0, "exit 3, SIGTERM, zombies 0"), (code, text));
    }

    [Fact]
    public void Signal_numbers_are_those_of_the_system()
    {
        Assert.Equal(NativeConvert.FromSignum(Signum.SIGUSR1), ChildSignal.User1.Number);
        Assert.Equal(NativeConvert.FromSignum(Signum.SIGCONT), ChildSignal.Continue.Number);
        Assert.Equal(NativeConvert.FromSignum(Signum.SIGSTOP), ChildSignal.Stop.Number);
        Assert.Equal(NativeConvert.FromSignum(Signum.SIGTSTP), ChildSignal.TerminalStop.Number);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_gave_up_its_identity_gets_no_child_with_the_old_one()
    {
        Assert.SkipUnless(Privileges.MayBecome(65534), Privileges.OtherIdentity);
        (int code, string text) = await HostProcess.RunAsync([], "identity");
        Assert.Equal((0, "euid=0\neuid=65534\negid=65534"), (code, text));
    }
}
