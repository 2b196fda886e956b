using System.Globalization;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Direct;

/// <summary>Children by posix_spawn alone: the same child wherever that can make it, and a refusal where it cannot.</summary>
public sealed class PlainSpawnTests
{
    private const int ENOENT = 2, EACCES = 13;

    public static TheoryData<string, ChildProcessStartInfo> Needs => new()
    {
        { "Limits", new ChildProcessStartInfo("true") { Limits = [new ResourceLimit(ResourceLimitKind.OpenFiles, 64, 64)] } },
        { "Umask", new ChildProcessStartInfo("true") { Umask = UnixFileMode.OtherWrite } },
        { "Credentials", new ChildProcessStartInfo("true") { Credentials = new ChildCredentials(1, 1) } },
        { "Priority", new ChildProcessStartInfo("true") { Priority = 3 } },
        { "NoNewPrivileges", new ChildProcessStartInfo("true") { NoNewPrivileges = true } },
        { "ChildStdio.Terminal", new ChildProcessStartInfo("true").AtTerminal() },
        { "Containment.None", new ChildProcessStartInfo("true") { Containment = Containment.None } },
    };

    [Theory(Timeout = 120_000, DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Needs))]
    public async Task What_it_cannot_do_is_refused_by_name_before_anything_is_started(string what, ChildProcessStartInfo info)
    {
        await using IChildProcessHost host = DirectHost.Create(plain: true);
        PlatformNotSupportedException e = await Assert.ThrowsAsync<PlatformNotSupportedException>(() => host.StartAsync(info).AsTask());
        Assert.StartsWith(what + " needs ", e.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Descriptors_directory_arguments_environment_and_signals_are_as_asked_for()
    {
        await using IChildProcessHost host = DirectHost.Create(plain: true);
        using FileStream file = File.OpenRead("/etc/passwd");
        ChildProcessStartInfo info = new(Puppet.Seq("fds", ",", "cwd", ",", "env", ",", "signals"))
        {
            WorkingDirectory = "/usr",
            InheritEnvironment = false,
            Environment = new Dictionary<string, string?> { ["A"] = "1" },
            StandardInput = ChildStdio.Null,
            InheritedHandles = new Dictionary<int, System.Runtime.InteropServices.SafeHandle> { [7] = file.SafeFileHandle, [3] = file.SafeFileHandle },
        };
        CapturedResult result = await host.CaptureAsync(info);
        string[] lines = result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["0", "1", "2", "3", "7"], lines[..5].Select(static l => l.Split(' ')[0]));
        Assert.Equal(("7 /etc/passwd", "/usr", "A=1"), (lines[4], lines[5], lines[6]));
        Assert.Contains("SigBlk:\t0000000000000000", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("SigIgn:\t0000000000000000", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Descriptors_that_the_host_was_born_with_stay_out()
    {
        (int code, string text) = await HostProcess.RunAsync(["with-leaked-fds", "300"], DirectHost.Plain, ["forward", "fds"]);
        Assert.Equal(0, code);
        Assert.Equal(["0", "1", "2"], text.Split('\n').Select(static l => l.Split(' ')[0]));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("childproc-no-such-program", StartStage.Resolve, ENOENT)]
    [InlineData("/nonexistent/program", StartStage.Resolve, ENOENT)]
    [InlineData("/etc", StartStage.Execute, EACCES)]
    [InlineData("/etc/passwd", StartStage.Execute, EACCES)]
    public async Task A_program_that_cannot_be_executed_is_told_as_through_the_librarys_own(string program, StartStage stage, int error)
    {
        await using IChildProcessHost host = DirectHost.Create(plain: true);
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => host.StartAsync(new ChildProcessStartInfo(program)).AsTask());
        Assert.Equal((stage, error), (e.Stage, e.NativeErrorCode));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_path_is_searched_past_what_cannot_be_executed()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-plain");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "tool"), "no program");
            string there = Path.GetDirectoryName(Puppet.Path)!;
            await using IChildProcessHost host = DirectHost.Create(plain: true);
            ChildProcessStartInfo info = new("puppet", "exit", "5") { Environment = new Dictionary<string, string?> { ["PATH"] = string.Create(CultureInfo.InvariantCulture, $"/nonexistent:{directory.FullName}:{there}") } };
            Assert.Equal(5, (await host.RunAsync(info)).Status.Code);
            ChildProcessStartInfo denied = new(info) { FileName = "tool" };
            ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => host.RunAsync(denied));
            Assert.Equal((StartStage.Execute, EACCES), (e.Stage, e.NativeErrorCode));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
