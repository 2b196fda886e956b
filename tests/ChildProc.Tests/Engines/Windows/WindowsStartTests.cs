using System.Collections;
using System.Runtime.Versioning;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Windows;

/// <summary>What is started, and with what.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsStartTests
{
    public static TheoryData<string, ChildProcessStartInfo> Meaningless => new()
    {
        { "ArgumentZero", new(Puppet.Info("exit", "0")) { ArgumentZero = "other" } },
        { "InheritedHandles", new(Puppet.Info("exit", "0")) { InheritedHandles = new Dictionary<int, System.Runtime.InteropServices.SafeHandle> { [3] = File.OpenHandle(Puppet.Path) } } },
        { "OnOwnerLost", new(Puppet.Info("exit", "0")) { OnOwnerLost = StopPolicy.Default } },
        { "NewSession", new(Puppet.Info("exit", "0")) { NewSession = true } },
        { "NoNewPrivileges", new(Puppet.Info("exit", "0")) { NoNewPrivileges = true } },
        { "Umask", new(Puppet.Info("exit", "0")) { Umask = UnixFileMode.OtherRead } },
        { "Priority", new(Puppet.Info("exit", "0")) { Priority = 5 } },
        { "Limits", new(Puppet.Info("exit", "0")) { Limits = [new(ResourceLimitKind.OpenFiles, 10, 10)] } },
        { "Credentials", new(Puppet.Info("exit", "0")) { Credentials = new(1, 1) } },
        { "Stop", new(Puppet.Info("exit", "0")) { Stop = new(ChildSignal.Hangup, TimeSpan.FromSeconds(1)) } },
        { "ProcessGroup", new(Puppet.Info("exit", "0")) { Containment = Containment.ProcessGroup } },
        { "Supervised", new(Puppet.Info("exit", "0")) { Containment = Containment.Supervised } },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Meaningless), DisableDiscoveryEnumeration = true)]
    public void What_has_no_meaning_is_refused_by_name(string name, ChildProcessStartInfo info)
        => Assert.Contains(name, Assert.Throws<PlatformNotSupportedException>(() => ChildProcess.Prepare(info)).Message, StringComparison.Ordinal);

    [Fact(Timeout = 60_000)]
    public async Task A_child_inherits_its_streams_and_nothing_else()
    {
        using TemporaryDirectory directory = new();
        using FileStream leaked = new(Path.Combine(directory.Path, "leaked"), FileMode.Create, FileAccess.Write, FileShare.Inheritable | FileShare.ReadWrite | FileShare.Delete);
        ChildProcessStartInfo info = new(Puppet.Info("handles")) { StandardInput = ChildStdio.Bytes("x"u8.ToArray()) };
        Assert.Equal("3\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        info = new(info) { StandardError = ChildStdio.ToStandardOutput };
        Assert.Equal("2\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_environment_has_one_variable_of_a_name_whatever_its_case()
    {
        ChildProcessStartInfo info = new(Puppet.Info("env"))
        {
            Environment = new Dictionary<string, string?> { ["path"] = @"C:\only", ["ZZ"] = "last", ["aa"] = "first", ["COMSPEC"] = null },
        };
        string[] lines = (await ChildProcess.CaptureAsync(info)).StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([@"path=C:\only"], lines.Where(static l => l.StartsWith("path=", StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain(lines, static l => l.StartsWith("comspec=", StringComparison.OrdinalIgnoreCase));
        Assert.True(Array.IndexOf(lines, "aa=first") < Array.IndexOf(lines, @"path=C:\only") && Array.IndexOf(lines, @"path=C:\only") < Array.IndexOf(lines, "ZZ=last"));
        Assert.Throws<ArgumentException>(() => ChildProcess.Prepare(new ChildProcessStartInfo(info) { Environment = new Dictionary<string, string?> { ["A"] = "1", ["a"] = "2" } }));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_empty_environment_still_knows_where_the_system_is()
    {
        ChildProcessStartInfo info = new(Puppet.Info("env-get", "SYSTEMROOT")) { InheritEnvironment = false };
        Assert.Equal($"SYSTEMROOT={Environment.GetEnvironmentVariable("SYSTEMROOT")}\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        info = new(Puppet.Info("env")) { InheritEnvironment = false, Environment = new Dictionary<string, string?> { ["ONLY"] = "this" } };
        Assert.Contains("ONLY=this\n", (await ChildProcess.CaptureAsync(info)).StandardOutput, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_is_found_in_the_path_of_the_child_by_its_extensions()
    {
        using TemporaryDirectory first = new(), second = new();
        File.Copy(Puppet.Path, Path.Combine(second.Path, "found.exe"));
        second.Write("batch.cmd", "@exit 6\r\n");
        first.Write("script.js", "");
        ChildProcessStartInfo info = new("found", "exit", "4")
        {
            Environment = new Dictionary<string, string?> { ["PATH"] = $"relative;;\"{first.Path}\";{second.Path}", ["PATHEXT"] = ".JS;.EXE;.CMD" },
        };
        Assert.Equal(4, (await ChildProcess.RunAsync(info)).Status.Code);
        Assert.Equal(4, (await ChildProcess.RunAsync(new ChildProcessStartInfo(info) { FileName = "FOUND.EXE" })).Status.Code);
        Assert.Equal(6, (await ChildProcess.RunAsync(new ChildProcessStartInfo(info) { FileName = "batch", Arguments = [] })).Status.Code);
        ChildProcessStartException e = Assert.Throws<ChildProcessStartException>(() => ChildProcess.Start(new ChildProcessStartInfo(info) { FileName = "script" }));
        Assert.Equal((StartStage.Resolve, 2), (e.Stage, e.NativeErrorCode));
    }

    [Fact(Timeout = 60_000)]
    public void The_current_directory_is_never_searched()
    {
        string name = $"here-{Guid.NewGuid():N}.exe";
        string here = Path.Combine(Environment.CurrentDirectory, name);
        File.Copy(Puppet.Path, here);
        try
        {
            ChildProcessStartInfo info = new(name, "exit", "0") { Environment = new Dictionary<string, string?> { ["PATH"] = $".;;{Environment.SystemDirectory}" } };
            Assert.Equal(StartStage.Resolve, Assert.Throws<ChildProcessStartException>(() => ChildProcess.Start(info)).Stage);
        }
        finally
        {
            File.Delete(here);
        }
    }

    [Fact(Timeout = 60_000)]
    public void A_failed_start_tells_step_error_and_program()
    {
        using TemporaryDirectory directory = new();
        string noProgram = directory.Write("text.exe", "no program");
        ChildProcessStartException e = Assert.Throws<ChildProcessStartException>(() => ChildProcess.Start(new ChildProcessStartInfo(noProgram)));
        Assert.Equal((StartStage.Execute, 193), (e.Stage, e.NativeErrorCode)); // ERROR_BAD_EXE_FORMAT
        Assert.Contains("(error 193)", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<ChildProcessStartException>(() => ChildProcess.Start(new ChildProcessStartInfo(Path.Combine(directory.Path, "none.exe"))));
        Assert.Equal((StartStage.Execute, 2), (e.Stage, e.NativeErrorCode)); // ERROR_FILE_NOT_FOUND
        e = Assert.Throws<ChildProcessStartException>(() => ChildProcess.Start(new ChildProcessStartInfo(Puppet.Info("exit", "0")) { WorkingDirectory = noProgram }));
        Assert.Equal((StartStage.WorkingDirectory, 267), (e.Stage, e.NativeErrorCode)); // ERROR_DIRECTORY
    }

    [Fact(Timeout = 60_000)]
    public async Task A_working_directory_is_where_the_child_begins()
    {
        using TemporaryDirectory directory = new();
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("cwd")) { WorkingDirectory = directory.Path });
        Assert.Equal(directory.Path, result.StandardOutput.TrimEnd(), ignoreCase: true);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_uses_time_of_the_processor_and_says_how_much()
    {
        ExitStatus status = (await ChildProcess.RunAsync(Puppet.Info("burn-ms", "200"))).Status;
        Assert.InRange(status.Usage.UserTime.TotalMilliseconds, 150, 20_000);
    }
}
