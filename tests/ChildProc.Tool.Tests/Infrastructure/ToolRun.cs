using System.Text.Json;

namespace ChildProc.Tool.Tests.Infrastructure;

/// <summary>What one run of the tool, as a process of its own, came to.</summary>
internal sealed record ToolRun(int Status, string Output, string Error, ResourceUsage Usage)
{
    internal static readonly string[] Strace = ["--sources", "auto,strace", "--settle", "1s"];

    internal static async Task<ToolRun> StartAsync(params string[] arguments)
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new(Paths.Tool, arguments) { StandardInput = ChildStdio.Null });
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
