using System.Globalization;
using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Starts;

/// <summary>What a child has when its program begins.</summary>
public sealed class ChildStateTests
{
    [Fact(Timeout = 120_000)]
    public async Task The_environment_is_the_hosts_with_the_overlay()
    {
        ChildProcessStartInfo info = new(Puppet.Info("env"))
        {
            Environment = new Dictionary<string, string?> { ["CHILDPROC_A"] = "x=y", ["HOME"] = null, ["CHILDPROC_EMPTY"] = "" },
        };
        string[] lines = (await ChildProcess.CaptureAsync(info)).StandardOutput.Split('\n');
        Assert.Contains("CHILDPROC_A=x=y", lines);
        Assert.Contains("CHILDPROC_EMPTY=", lines);
        Assert.Contains("PATH=" + Environment.GetEnvironmentVariable("PATH"), lines);
        Assert.DoesNotContain(lines, static l => l.StartsWith("HOME=", StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_inheritance_the_overlay_is_all()
    {
        ChildProcessStartInfo info = new(Puppet.Info("env")) { InheritEnvironment = false, Environment = new Dictionary<string, string?> { ["ONLY"] = "ü" } };
        Assert.Equal("ONLY=ü\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        Assert.Equal("", (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(info) { Environment = new Dictionary<string, string?>() })).StandardOutput);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_large_environment_and_a_large_argument_arrive_whole()
    {
        string large = new('e', 100_000);
        ChildProcessStartInfo info = new(Puppet.Path, "seq", "env-get", "NONE", ",", "env")
        {
            InheritEnvironment = false,
            Environment = new Dictionary<string, string?> { ["LARGE"] = large, ["OTHER"] = "1" },
        };
        string text = (await ChildProcess.CaptureAsync(info)).StandardOutput;
        Assert.Contains($"LARGE={large}\n", text, StringComparison.Ordinal);
        Assert.Contains("OTHER=1\n", text, StringComparison.Ordinal);
        Assert.Equal(100_000, (await ChildProcess.CaptureAsync(new ChildProcessStartInfo("echo", "-n", large))).StandardOutput.Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_working_directory_is_entered_and_told_in_PWD()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-cwd");
        try
        {
            ChildProcessStartInfo info = new(Puppet.Seq("cwd", ",", "env-get", "PWD")) { WorkingDirectory = directory.FullName };
            Assert.Equal($"{directory.FullName}\nPWD={directory.FullName}\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
            Assert.Equal(Environment.CurrentDirectory + "\n", (await ChildProcess.CaptureAsync(Puppet.Info("cwd"))).StandardOutput);
        }
        finally
        {
            directory.Delete();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Umask_priority_and_limits_are_those_of_the_start_info()
    {
        // Only root may have a child whose priority is above the host's.
        int priority = Math.Min(19, int.Parse((await Puppet.ReportAsync(Puppet.Info("attrs")))["nice"], CultureInfo.InvariantCulture) + 7);
        ChildProcessStartInfo info = new(Puppet.Info("attrs"))
        {
            Umask = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupWrite,
            Priority = priority,
            Limits = [new ResourceLimit(ResourceLimitKind.OpenFiles, 64, 128), new ResourceLimit(ResourceLimitKind.CoreSize, 0, 0)],
            NoNewPrivileges = true,
        };
        Dictionary<string, string> report = await Puppet.ReportAsync(info);
        Assert.Equal("0027", report["umask"]);
        Assert.Equal($"{priority}", report["nice"]);
        Assert.Equal("64/128", report["nofile"]);
        Assert.Equal("0/0", report["core"]);
        Assert.Equal("1", report["nnp"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_wishes_the_child_has_what_the_host_has()
    {
        Dictionary<string, string> report = await Puppet.ReportAsync(Puppet.Info("attrs"));
        Assert.Equal(Privileges.Status("Umask:"), report["umask"]);
        Assert.Equal(Privileges.Status("NoNewPrivs:"), report["nnp"]);
        Assert.Equal("1", report["dumpable"]);
        Assert.Equal(UnderTest.HoldsWholeTree ? "9" : "0", report["pdeathsig"]); // to its supervisor; the host's threads may end
    }

    [Fact(Timeout = 120_000)]
    public async Task Groups_and_sessions_are_as_asked_for()
    {
        string group = Syscall.getpgrp().ToString(CultureInfo.InvariantCulture);
        string session = Syscall.getsid(0).ToString(CultureInfo.InvariantCulture);
        Dictionary<string, string> plain = await Puppet.ReportAsync(Puppet.Info("ids"));
        Assert.Equal((UnderTest.HoldsWholeTree ? group : plain["pid"], session), (plain["pgid"], plain["sid"]));
        Dictionary<string, string> own = await Puppet.ReportAsync(new ChildProcessStartInfo(Puppet.Info("ids")) { NewProcessGroup = true });
        Assert.Equal((own["pid"], session), (own["pgid"], own["sid"]));
        Dictionary<string, string> leader = await Puppet.ReportAsync(new ChildProcessStartInfo(Puppet.Info("ids")) { NewSession = true });
        Assert.Equal((leader["pid"], leader["pid"]), (leader["pgid"], leader["sid"]));
    }

    [Fact(Timeout = 120_000)]
    public async Task Credentials_are_complete()
    {
        Assert.SkipUnless(Privileges.MayBecome(4567), Privileges.OtherIdentity);
        ChildProcessStartInfo info = new("/bin/sh", "-c", "id -u; id -g; id -G; grep -h -e ^Uid -e ^Groups /proc/self/status")
        {
            Credentials = new ChildCredentials(1234, 2345) { SupplementaryGroups = [3456, 4567] },
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.StartsWith("1234\n2345\n2345 3456 4567\nUid:\t1234\t1234\t1234\t1234\nGroups:\t3456 4567", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task No_signal_is_blocked_or_ignored()
    {
        string text = (await ChildProcess.CaptureAsync(Puppet.Info("signals"))).StandardOutput;
        Assert.Contains("SigBlk:\t0000000000000000\n", text, StringComparison.Ordinal);
        Assert.Contains("SigIgn:\t0000000000000000\n", text, StringComparison.Ordinal); // SIGPIPE, too, which the runtime ignores
        Assert.Contains("SigCgt:\t0000000000000000\n", text, StringComparison.Ordinal);
    }
}
