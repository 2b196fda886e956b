using System.Text.Json;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Run;

/// <summary>What the library says of children that nobody has disposed: CPL007.</summary>
public class UndisposedTests
{
    [Theory(Timeout = 120_000)]
    [InlineData("dropped", "was dropped without a disposal")]
    [InlineData("kept", "was not disposed when the program ended")]
    public async Task It_is_found_with_the_line_that_started_it(string verb, string how)
    {
        using TempDirectory directory = new();
        ToolRun run = await ToolRun.StartAsync("run", "--stack", "-o", $"json={directory["json"]}", "-o", $"sarif={directory["sarif"]}", "-o", $"github={directory["github"]}", "--", Paths.LeakHost, verb);
        Assert.Equal(23, run.Status);
        using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(directory["json"]));
        JsonElement finding = Assert.Single(report.RootElement.GetProperty("findings").EnumerateArray(), static f => f.GetProperty("rule").GetString() == "CPL007");
        Assert.Contains(how, finding.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("ChildProc.LeakHost/Program.cs:", finding.GetProperty("message").GetString(), StringComparison.Ordinal);
        int pid = finding.GetProperty("pid").GetInt32();
        if (ChildProc.Tool.Sources.SourceProbe.Connector() is null) // without it a child may live between two looks
            Assert.Contains(report.RootElement.GetProperty("processes").EnumerateArray(), p => p.GetProperty("pid").GetInt32() == pid);

        using JsonDocument sarif = JsonDocument.Parse(await File.ReadAllTextAsync(directory["sarif"]));
        JsonElement result = Assert.Single(sarif.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray());
        Assert.Equal(("CPL007", "error"), (result.GetProperty("ruleId").GetString(), result.GetProperty("level").GetString()));
        JsonElement place = result.GetProperty("locations")[0].GetProperty("physicalLocation");
        Assert.EndsWith("ChildProc.LeakHost/Program.cs", place.GetProperty("artifactLocation").GetProperty("uri").GetString(), StringComparison.Ordinal);
        int line = place.GetProperty("region").GetProperty("startLine").GetInt32();
        Assert.Contains("ChildProcess.Start(", (await File.ReadAllLinesAsync(Paths.LeakHostSource))[line - 1], StringComparison.Ordinal);

        Assert.Matches($"^::error file=.*Program\\.cs,line={line},title=CPL007 ", await File.ReadAllTextAsync(directory["github"]));
    }

    [Fact(Timeout = 120_000)]
    public async Task Children_that_were_disposed_are_none()
    {
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync(["--stack", "--fail-on", "all"], Paths.LeakHost, "childproc");
        Assert.True(run.Status == 0, run.Error);
        Assert.DoesNotContain(report.GetProperty("findings").EnumerateArray(), static f => f.GetProperty("severity").GetString() != "note");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_running_program_is_listened_to()
    {
        await using IChildProcess target = await ChildProcess.StartAsync(new(Paths.LeakHost, "drops") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        using StreamReader reader = new(target.StandardOutput.AsStream(leaveOpen: true));
        Assert.Equal("ready", await reader.ReadLineAsync());
        Task<ToolRun> audit = ToolRun.StartAsync("audit", "--pid", $"{target.Id}", "--for", "5s", "-v");
        while (!audit.IsCompleted)
        {
            await target.StandardInput.WriteAsync("drop\n"u8.ToArray());
            await reader.ReadLineAsync();
            await Task.WhenAny(audit, Task.Delay(200));
        }

        ToolRun run = await audit;
        Assert.Equal(23, run.Status);
        Assert.Contains("CPL007", run.Error, StringComparison.Ordinal);
    }
}
