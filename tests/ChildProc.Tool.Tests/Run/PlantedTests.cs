using System.Text.Json;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Run;

/// <summary>Planted programs, watched for real: every rule has one that trips it, and one that comes near and does not.</summary>
public class PlantedTests
{
    public static TheoryData<string, string> Leaks => new()
    {
        { "orphan", "CPL001" }, { "daemon", "CPL001" }, { "zombie", "CPL002" }, { "late-reap", "CPL002" }, { "fd", "CPL003" }, { "inherit", "CPL004" },
        { "pipe", "CPL005" }, { "pidfd", "CPL006" }, { "reap", "CPL008" }, { "thread", "CPL010" }, { "escape", "CPL011" }, { "close", "CPL012" },
    };

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Leaks))]
    public async Task A_leak_is_found_under_strace(string verb, string rule)
    {
        ToolRun.SkipWithoutStrace();
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync([.. ToolRun.Strace, "--fail-on", "all"], Paths.LeakPuppet, verb);
        Assert.Equal(23, run.Status);
        Assert.Equal("leak", report.GetProperty("verdict").GetString());
        JsonElement finding = report.GetProperty("findings").EnumerateArray().First(f => f.GetProperty("rule").GetString() == rule);
        int pid = finding.GetProperty("pid").GetInt32();
        Assert.Contains(report.GetProperty("processes").EnumerateArray(), p => p.GetProperty("pid").GetInt32() == pid);
        Assert.NotEmpty(finding.GetProperty("command").GetString()!);
        Assert.InRange(finding.GetProperty("time").GetInt64(), report.GetProperty("start").GetInt64(), long.MaxValue);
        Assert.Contains(finding.GetProperty("refs").EnumerateArray(), static r => r.GetString()!.StartsWith("strace.log:", StringComparison.Ordinal));
        Assert.Contains(rule, run.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("orphan-ok")]
    [InlineData("zombie-ok")]
    [InlineData("zombie-ignored-ok")]
    [InlineData("fd-ok")]
    [InlineData("inherit-ok")]
    [InlineData("inherit-placed-ok")]
    [InlineData("pipe-ok")]
    [InlineData("pidfd-ok")]
    [InlineData("reap-ok")]
    [InlineData("signal-ok")]
    [InlineData("thread-ok")]
    [InlineData("escape-ok")]
    [InlineData("close-ok")]
    [InlineData("thread-exec-ok")]
    [InlineData("hostile-ok")]
    [InlineData("many-arguments-ok")]
    public async Task A_near_miss_is_clean_under_strace(string verb)
    {
        ToolRun.SkipWithoutStrace();
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync([.. ToolRun.Strace, "--fail-on", "all"], Paths.LeakPuppet, verb);
        Assert.True(run.Status == 0, run.Error);
        Assert.Equal("clean", report.GetProperty("verdict").GetString());
        Assert.True(report.GetProperty("sums").GetProperty("hold").GetBoolean());
    }

    [Theory(Timeout = 120_000)]
    [InlineData("orphan", "CPL001")]
    [InlineData("daemon", "CPL001")]
    [InlineData("zombie", "CPL002")]
    public async Task Processes_are_judged_without_any_privilege_or_tracer(string verb, string rule)
    {
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync(["--sources", "sub,proc", "--settle", "1s"], Paths.LeakPuppet, verb);
        Assert.Equal(23, run.Status);
        Assert.Contains(report.GetProperty("findings").EnumerateArray(), f => f.GetProperty("rule").GetString() == rule && f.GetProperty("severity").GetString() == "error");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("zombie", 23)]
    [InlineData("zombie-ok", 0)]
    [InlineData("thread-ok", 0)]
    [InlineData("reap-ok", 0)]
    public async Task All_sources_agree(string verb, int status)
    {
        ToolRun.SkipWithoutStrace();
        ToolRun.SkipWithoutPerf();
        ToolRun.SkipWithoutConnector();
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync(["--sources", "sub,proc,cn,strace,perf", "--settle", "1s"], Paths.LeakPuppet, verb);
        Assert.Empty(report.GetProperty("gaps").EnumerateArray());
        Assert.Equal(status, run.Status);
        foreach (JsonElement process in report.GetProperty("processes").EnumerateArray())
            Assert.Equal(["cn", "strace", "perf"], process.GetProperty("witnesses").EnumerateArray().Select(static w => w.GetString()));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_allowed_is_shown_and_does_not_count()
    {
        using TempDirectory directory = new();
        File.WriteAllText(directory["allow"], "rule=orphan,cmd=leak # meant to stay\n");
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync(["--settle", "200ms", "--suppress", directory["allow"]], Paths.LeakPuppet, "orphan");
        Assert.Equal(0, run.Status);
        Assert.Contains(report.GetProperty("findings").EnumerateArray(), static f => f.GetProperty("allowed").GetString() == "meant to stay");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_left_behind_is_ended_with_the_run()
    {
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync(["--settle", "200ms"], Paths.LeakPuppet, "daemon");
        Assert.Equal(23, run.Status);
        int pid = report.GetProperty("findings").EnumerateArray().First().GetProperty("pid").GetInt32();
        Assert.NotEqual("leak", ChildProc.Tool.Sources.ProcFs.Stat(pid)?.Comm);
    }
}
