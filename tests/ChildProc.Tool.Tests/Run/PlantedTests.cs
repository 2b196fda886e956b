using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Run;

/// <summary>Planted programs, watched for real: every rule has one that trips it, and one that comes near and does not.</summary>
public class PlantedTests
{
    private const string ItsEnd = @"^PID +\S+ \+\+\+";

    /// <summary>
    /// The verb, its rule, the line of strace's log that shows the culprit and its id, and the line at whose time it counts
    /// as a leak; of several that match it is the last. PID there is the culprit's. One of the two is cited: a pipe's end is
    /// that of its holder or that of its reader, whichever strace tells of first.
    /// </summary>
    public static TheoryData<string, string, string, string> Leaks => new()
    {
        { "orphan", "CPL001", @"^(\d+) +\S+ \+\+\+ killed by SIGTERM", @" clone\(" },
        { "leaderless", "CPL001", @"^(\d+) +\S+ \+\+\+ killed by SIGTERM", @" clone\(" },
        { "daemon", "CPL001", @"^(\d+) +\S+ \+\+\+ killed by SIGTERM", @" clone\(" },
        { "zombie", "CPL002", @"^(\d+) +\S+ \+\+\+ exited with 7", ItsEnd },
        { "late-reap", "CPL002", @" wait4\((\d+),", ItsEnd },
        { "fd", "CPL003", @"^(\d+) +\S+ pipe2\(", ItsEnd },
        { "inherit", "CPL004", @"^(\d+) +\S+ execve\(""/bin/true""", @"^PID +\S+ execve\(" },
        { "pipe", "CPL005", @"^(\d+) +\S+ \+\+\+ exited with 5", @" \+\+\+ exited with 6" },
        { "pipe-quick", "CPL005", @"^(\d+) +\S+ \+\+\+ exited with 5", @" close\(4<pipe:" },
        { "pidfd", "CPL006", @"^(\d+) +\S+ pidfd_open\(", @"^PID +\S+ close\(" },
        { "reap", "CPL008", @" wait4\((\d+),", @" wait4\(PID," },
        { "thread", "CPL010", @"^(\d+) +\S+ clone3?\(.*CLONE_THREAD", ItsEnd },
        { "escape", "CPL011", @"^(\d+) +\S+ setsid\(", @"^PID +\S+ setsid\(" },
        { "close", "CPL012", @"^(\d+) +\S+ close\(.* EBADF", @"^PID +\S+ close\(.* EBADF" },
    };

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Leaks))]
    public async Task A_leak_is_found_under_strace(string verb, string rule, string culprit, string moment)
    {
        ToolRun.SkipWithoutStrace();
        using TempDirectory directory = new();
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync([.. ToolRun.Strace, "--fail-on", "all", "--bundle", directory["b"]], Paths.LeakPuppet, verb);
        Assert.Equal(23, run.Status);
        Assert.Equal("leak", report.GetProperty("verdict").GetString());
        Assert.Contains(rule, run.Error, StringComparison.Ordinal);
        JsonElement finding = report.GetProperty("findings").EnumerateArray().First(f => f.GetProperty("rule").GetString() == rule);

        string[] log = File.ReadAllLines(Path.Combine(directory["b"], "strace.log"));
        (int line, Match shown) = Last(log, culprit);
        string pid = shown.Groups[1].Value;
        Assert.Equal(pid, $"{finding.GetProperty("pid").GetInt32()}");
        Assert.Contains(report.GetProperty("processes").EnumerateArray(), p => $"{p.GetProperty("pid").GetInt32()}" == pid);
        Assert.Contains(verb == "inherit" ? "true" : "leak", finding.GetProperty("command").GetString(), StringComparison.Ordinal);
        int momentLine = Last(log, moment.Replace("PID", pid, StringComparison.Ordinal)).Line;
        string[] cited = [.. finding.GetProperty("refs").EnumerateArray().Select(static r => r.GetString()!)];
        Assert.True(cited.Contains($"strace.log:{line}") || cited.Contains($"strace.log:{momentLine}"), string.Join(' ', cited));

        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory["b"], "manifest.json")));
        const long Lag = 50_000_000; // a look at /proc may find a process dead before strace tells of it
        long offset = manifest.RootElement.GetProperty("clockOffsetBefore").GetInt64();

        // As far from it as the lines around it are: so slow was the machine in that moment.
        Assert.InRange(finding.GetProperty("time").GetInt64(), Time(momentLine - 1) - Lag, Time(momentLine + 1) + Lag);

        long Time(int line) => (long)(decimal.Parse(log[Math.Clamp(line - 1, 0, log.Length - 1)].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1_000_000_000) - offset;

        static (int Line, Match Match) Last(string[] log, string pattern) =>
            log.Select((text, index) => (index + 1, Regex.Match(text, pattern))).Last(static m => m.Item2.Success);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("orphan-ok")]
    [InlineData("leaderless-ok")]
    [InlineData("zombie-ok")]
    [InlineData("zombie-ignored-ok")]
    [InlineData("fd-ok")]
    [InlineData("inherit-ok")]
    [InlineData("inherit-placed-ok")]
    [InlineData("pipe-ok")]
    [InlineData("pipe-quick-ok")]
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
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync([.. ToolRun.PatientStrace, "--fail-on", "all"], Paths.LeakPuppet, verb);
        Assert.True(run.Status == 0, run.Error);
        Assert.Equal("clean", report.GetProperty("verdict").GetString());
        Assert.True(report.GetProperty("sums").GetProperty("hold").GetBoolean());
    }

    [Theory(Timeout = 120_000)]
    [InlineData("orphan", "CPL001")]
    [InlineData("leaderless", "CPL001")]
    [InlineData("daemon", "CPL001")]
    [InlineData("zombie", "CPL002")]
    public async Task Processes_are_judged_without_any_privilege_or_tracer(string verb, string rule)
    {
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync(["--sources", "sub,proc", "--settle", "1s"], Paths.LeakPuppet, verb, "4000"); // milliseconds of a zombie
        Assert.Equal(23, run.Status);
        Assert.Contains(report.GetProperty("findings").EnumerateArray(), f => f.GetProperty("rule").GetString() == rule && f.GetProperty("severity").GetString() == "error");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("orphan-ok")]
    [InlineData("leaderless-ok")]
    [InlineData("zombie-ok")]
    [InlineData("zombie-ignored-ok")]
    [InlineData("pipe-ok")]
    [InlineData("signal-ok")]
    public async Task Processes_that_only_looks_tell_of_are_clean(string verb)
    {
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync(["--sources", "sub,proc", "--settle", "30s"], Paths.LeakPuppet, verb);
        Assert.True(run.Status == 0, run.Error);
        Assert.Equal("clean", report.GetProperty("verdict").GetString());
        Assert.Equal(0, report.GetProperty("sums").GetProperty("alive").GetInt32());
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
        Assert.NotEqual("leak", ChildProc.Interop.ProcStat.Read(pid)?.Name);
    }
}
