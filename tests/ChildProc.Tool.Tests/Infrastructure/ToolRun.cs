using System.Text.Json;

namespace ChildProc.Tool.Tests.Infrastructure;

/// <summary>What one run of the tool, as a process of its own, came to.</summary>
internal sealed record ToolRun(int Status, string Output, string Error, ResourceUsage Usage)
{
    internal static readonly string[] Strace = ["--sources", "auto,strace", "--settle", "1s"];

    /// <summary>For programs that leave nothing: the run is over as soon as that is so.</summary>
    internal static readonly string[] PatientStrace = ["--sources", "auto,strace", "--settle", "30s"];

    /// <summary>What git, make and shells of the tests are not told by the user's environment: a hook of git's names his repository.</summary>
    private static readonly Dictionary<string, string?> s_environment = new(
        Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(static name => name.StartsWith("GIT_", StringComparison.Ordinal) || name is "MAKEFLAGS" or "MFLAGS" or "MAKELEVEL" or "BASH_ENV" or "ENV" or "PERL5OPT" or "TAR_OPTIONS" or "GZIP")
            .Select(static name => KeyValuePair.Create(name, (string?)null)))
    {
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
    };

    internal static Task<ToolRun> StartAsync(params string[] arguments) => StartAsync([], arguments);

    /// <param name="environment">Variables of the tool and of what it runs.</param>
    /// <param name="arguments">Of the tool.</param>
    internal static async Task<ToolRun> StartAsync(Dictionary<string, string?> environment, string[] arguments)
    {
        ChildProcessStartInfo info = new(Paths.Tool, arguments) { StandardInput = ChildStdio.Null, Environment = new Dictionary<string, string?>(s_environment.Concat(environment)) };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        // The tool's own keepers may take a moment more than the tool.
        Assert.DoesNotContain(result.KilledLeftovers, static left => !left.Contains("childproc-", StringComparison.Ordinal));
        return new(result.Status.Code ?? -1, result.StandardOutput, result.StandardError, result.Status.Usage);
    }

    /// <summary>Runs a command under watch, all kinds of leaks failing.</summary>
    internal static async Task<(ToolRun Run, JsonElement Report)> WatchAsync(string[] options, params string[] command)
    {
        using TempDirectory directory = new();
        string report = directory["report.json"];
        ToolRun run = await StartAsync(["run", .. options, "--strict", "-o", $"json={report}", "-v", "--", .. command]);
        Assert.True(File.Exists(report), run.Error);
        return (run, JsonDocument.Parse(File.ReadAllText(report)).RootElement);
    }

    internal static void SkipWithoutStrace() => Assert.SkipUnless(ChildProc.Tool.Sources.SourceProbe.StraceForReal() is null, "strace does not work here");

    internal static void SkipWithoutPerf() => Assert.SkipUnless(ChildProc.Tool.Sources.SourceProbe.PerfForReal() is null, "perf does not work here");

    internal static void SkipWithoutConnector() => Assert.SkipUnless(ChildProc.Tool.Sources.SourceProbe.Connector() is null, "the proc connector does not work here");
}
