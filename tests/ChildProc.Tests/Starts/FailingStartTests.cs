using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Starts;

public sealed class FailingStartTests
{
    private const int ENOENT = 2, E2BIG = 7, EACCES = 13, ENOTDIR = 20, EINVAL = 22, EMFILE = 24, EAGAIN = 11, EPERM = 1;

    public static TheoryData<string, ChildProcessStartInfo, StartStage, int> Faults => new()
    {
        { "missing", new ChildProcessStartInfo("childproc-no-such-program"), StartStage.Resolve, ENOENT },
        { "missing path", new ChildProcessStartInfo("/nonexistent/program"), StartStage.Resolve, ENOENT },
        { "under a file", new ChildProcessStartInfo("/etc/passwd/program"), StartStage.Resolve, ENOTDIR },
        { "a directory", new ChildProcessStartInfo("/etc"), StartStage.Execute, EACCES },
        { "no permission", new ChildProcessStartInfo("/etc/passwd"), StartStage.Execute, EACCES },
        { "no directory", new ChildProcessStartInfo("true") { WorkingDirectory = "/nonexistent" }, StartStage.WorkingDirectory, ENOENT },
        { "a file as directory", new ChildProcessStartInfo("true") { WorkingDirectory = "/etc/passwd" }, StartStage.WorkingDirectory, ENOTDIR },
        { "an argument over 128 KiB", new ChildProcessStartInfo("true", new string('x', 140_000)), StartStage.Execute, E2BIG },
        { "too much of all", new ChildProcessStartInfo("true", Enumerable.Repeat(new string('x', 100_000), 400)), StartStage.Execute, E2BIG },
        { "no input file", new ChildProcessStartInfo("true") { StandardInput = ChildStdio.File("/nonexistent") }, StartStage.StandardStreams, ENOENT },
        { "output onto a directory", new ChildProcessStartInfo("true") { StandardOutput = ChildStdio.File("/etc", FileMode.Append) }, StartStage.StandardStreams, 21 /* EISDIR */ },
    };

    [Theory(Timeout = 120_000, DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Faults))]
    public async Task A_fault_is_told_with_its_stage_and_error(string name, ChildProcessStartInfo info, StartStage stage, int error)
    {
        ChildProcessStartException sync = Assert.Throws<ChildProcessStartException>(() => ChildProcess.Start(info));
        ChildProcessStartException async = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.StartAsync(info).AsTask());
        Assert.Equal((name, stage, error), (name, sync.Stage, sync.NativeErrorCode));
        Assert.Equal((name, stage, error), (name, async.Stage, async.NativeErrorCode));
        Assert.Equal(info.WorkingDirectory, sync.WorkingDirectory);
        Assert.DoesNotContain("xxx", sync.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Limits_and_credentials_that_the_system_refuses_are_told()
    {
        ChildProcessStartInfo limit = new("true") { Limits = [new ResourceLimit(ResourceLimitKind.OpenFiles, ulong.MaxValue - 1, ulong.MaxValue - 1)] };
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(limit));
        Assert.Equal(StartStage.Limits, e.Stage);
        Assert.Contains(e.NativeErrorCode, new[] { EPERM, EINVAL });

        Assert.SkipUnless(Privileges.MayBecome(65534), Privileges.OtherIdentity);

        // A user that may have one process, and has it: setresuid(2) lets it pass, and execve(2) refuses.
        ChildCredentials user = new(54321, 54321);
        await using IChildProcess first = await ChildProcess.StartAsync(new ChildProcessStartInfo("sleep", "100") { Credentials = user });
        ChildProcessStartInfo processes = new("true")
        {
            Credentials = user,
            Limits = [new ResourceLimit(ResourceLimitKind.Processes, 0, 0)],
        };
        e = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(processes));
        Assert.Equal(EAGAIN, e.NativeErrorCode);
        Assert.Equal((0, "Credentials 1"), await HostProcess.RunAsync([], "bad-credentials"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_without_descriptors_is_told_so_and_goes_on_later()
        => Assert.Equal((0, $"StandardStreams {EMFILE}, then exit 5"), await HostProcess.RunAsync([], "no-descriptors"));

    [Fact(Timeout = 120_000)]
    public async Task Bad_arguments_throw_before_any_side_effect()
    {
        await using IChildProcessHost host = TestHost.Create();
        ChildProcessStartInfo[] bad =
        [
            new(""), new("a\0b"), new("x", "a\0b"), new("x") { WorkingDirectory = "a\0b" }, new("x") { ArgumentZero = "\0" },
            new("x") { Environment = new Dictionary<string, string?> { ["A=B"] = "c" } }, new("x") { Environment = new Dictionary<string, string?> { [""] = "c" } },
            new("x") { StandardInput = ChildStdio.ToStandardOutput }, new("x") { Priority = 20 },
        ];
        foreach (ChildProcessStartInfo info in bad)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => host.StartAsync(info).AsTask());
            await Assert.ThrowsAnyAsync<ArgumentException>(() => host.CaptureAsync(info));
        }

        await Assert.ThrowsAsync<ArgumentNullException>(() => host.StartAsync(null!).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => host.RunAsync(new ChildProcessStartInfo("x") { StandardOutput = ChildStdio.Pipe }));
        await Assert.ThrowsAsync<PlatformNotSupportedException>(() => host.StartAsync(new ChildProcessStartInfo("true") { Containment = Containment.Job }).AsTask());
        Assert.Equal(0, Keepers.GuardianOf(host));
    }
}
