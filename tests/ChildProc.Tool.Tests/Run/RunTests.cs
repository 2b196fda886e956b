using System.Text.Json;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Run;

public class RunTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("exit 3", 3)]
    [InlineData("exit 0", 0)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData("kill -TERM $$", 143)]
    public async Task The_exit_code_is_the_targets(string script, int status) => Assert.Equal(status, (await ToolRun.StartAsync("run", "--", "sh", "-c", script)).Status);

    [Fact(Timeout = 60_000)]
    public async Task A_target_that_fails_and_leaks_keeps_its_code_and_the_verdict_is_said()
    {
        ToolRun run = await ToolRun.StartAsync("run", "--settle", "100ms", "--", "sh", "-c", "sleep 60 & exit 5");
        Assert.Equal(5, run.Status);
        Assert.Contains("LEAK", run.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_leak_has_its_own_exit_code_or_the_one_that_was_asked_for()
    {
        Assert.Equal(23, (await ToolRun.StartAsync("run", "--settle", "100ms", "--", "sh", "-c", "sleep 60 &")).Status);
        Assert.Equal(77, (await ToolRun.StartAsync("run", "--settle", "100ms", "--exit-code", "77", "--", "sh", "-c", "sleep 60 &")).Status);
        Assert.Equal(0, (await ToolRun.StartAsync("run", "--settle", "100ms", "--fail-on", "none", "--", "sh", "-c", "sleep 60 &")).Status);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(127, "run", "--", "/nonexistent/program")]
    [InlineData(127, "run", "--", "no-such-program-anywhere")]
    [InlineData(126, "run", "--", "/etc/passwd")]
    [InlineData(126, "run", "--", "/")]
    [InlineData(125, "run", "true")]
    [InlineData(125, "run")]
    [InlineData(125, "run", "--sources", "magic", "--", "true")]
    [InlineData(125, "run", "--settle", "soon", "--", "true")]
    [InlineData(125, "run", "--fail-on", "everything", "--", "true")]
    [InlineData(125, "run", "--allow", "nonsense", "--", "true")]
    [InlineData(125, "run", "-o", "pdf", "--", "true")]
    [InlineData(125, "audit")]
    [InlineData(125, "audit", "/nonexistent")]
    [InlineData(125, "audit", "/etc/passwd")]
    [InlineData(125, "nothing")]
    public async Task A_mistake_has_the_exit_code_of_its_kind_and_a_message(int status, params string[] arguments)
    {
        ToolRun run = await ToolRun.StartAsync(arguments);
        Assert.Equal(status, run.Status);
        Assert.Contains("childproc: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_targets_streams_are_untouched()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new(Paths.Tool, "run", "-q", "--", "sh", "-c", "cat; echo err >&2") { StandardInput = ChildStdio.Text("in") });
        Assert.Equal(("in", "err\n"), (result.StandardOutput, result.StandardError));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null, "TZ=UTC0\n")]
    [InlineData("", "TZ=\n")]
    [InlineData("Europe/Rome", "TZ=Europe/Rome\n")]
    public async Task Under_strace_the_target_has_the_environment_that_it_was_given_whatever_strace_has(string? zone, string tracers)
    {
        ToolRun.SkipWithoutStrace();
        string plain = await Run("auto", "cat /proc/$$/environ");
        Assert.Equal(zone is not null, plain.Contains("TZ=", StringComparison.Ordinal));
        Assert.Equal(plain, await Run("strace", "cat /proc/$$/environ"));
        Assert.Equal(tracers, await Run("strace", "tr '\\0' '\\n' < /proc/$(sed -n 's/^TracerPid:.//p' /proc/$$/status)/environ | grep ^TZ="));

        async Task<string> Run(string sources, string script) => (await ChildProcess.CaptureAsync(new(Paths.Tool, "run", "-q", "--sources", sources, "--", "sh", "-c", script)
        {
            Environment = new Dictionary<string, string?> { ["TZ"] = zone },
        })).StandardOutput;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_timeout_ends_the_target_with_124()
    {
        ToolRun run = await ToolRun.StartAsync("run", "--timeout", "300ms", "--settle", "100ms", "--", "sleep", "60");
        Assert.Equal(124, run.Status);
        Assert.Contains("out of time", run.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_target_that_ignores_the_timeouts_signal_is_killed() =>
        Assert.Equal(124, (await ToolRun.StartAsync("run", "--timeout", "200ms", "--settle", "100ms", "--", "sh", "-c", "trap '' TERM; while :; do sleep 1; done")).Status);

    [Theory(Timeout = 60_000)]
    [InlineData(15)]
    [InlineData(2)]
    [InlineData(10)]
    public async Task Signals_are_passed_on(int signal)
    {
        await using IChildProcess tool = await ChildProcess.StartAsync(new(Paths.Tool, "run", "-q", "--", "sh", "-c", $"trap 'kill $!; exit 42' {signal}; sleep 60 & echo ready; wait") { StandardOutput = ChildStdio.Pipe });
        await tool.StandardOutput.ReadAsync();
        Assert.True(tool.Signal(ChildSignal.FromNumber(signal)));
        Assert.Equal(42, (await tool.WaitForExitAsync()).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_works_as_pid_1()
    {
        ToolRun run = await InPidNamespace("run", "--settle", "1s", "--", "sh", "-c", "echo I am $$, child of $PPID; (sleep 0.1 &); exit 6");
        Assert.Equal(6, run.Status);
        Assert.Contains("child of 1\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(23, (await InPidNamespace("run", "--settle", "1s", "--", "sh", "-c", "(setsid sleep 60 &)")).Status);
    }

    /// <summary>There are other people's processes under the ids of its own.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData("run", "--", "true")]
    [InlineData("audit", "--pid", "1")]
    [InlineData("tree", "--pid", "1")]
    [InlineData("doctor")]
    public async Task Nothing_is_done_with_the_proc_of_another_pid_namespace(params string[] arguments)
    {
        ToolRun run = await InPidNamespace(ownProc: false, arguments);
        Assert.Equal(125, run.Status);
        Assert.Contains("/proc is not mounted, or that of another PID namespace", run.Error + run.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task In_a_pid_namespace_the_events_of_the_machine_are_not_taken_for_its_own()
    {
        (int listener, string? why) = ChildProc.Tool.Sources.ProcConnector.Open();
        Assert.SkipUnless(why is null, $"no connector: {why}");
        using CancellationTokenSource enough = new();
        Task noise = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
                await ChildProcess.RunAsync(new("true"));
        });
        try
        {
            ToolRun doctor = await InPidNamespace("doctor");
            Assert.Contains("cn      no: the proc connector does not answer", doctor.Output, StringComparison.Ordinal);
        }
        finally
        {
            await enough.CancelAsync();
            await noise;
            _ = ChildProc.Tool.Interop.LibC.close(listener);
        }
    }

    private static Task<ToolRun> InPidNamespace(params string[] arguments) => InPidNamespace(ownProc: true, arguments);

    private static async Task<ToolRun> InPidNamespace(bool ownProc, string[] arguments)
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new("unshare", ["--pid", "--fork", .. ownProc ? ["--mount-proc"] : Array.Empty<string>(), Paths.Tool, .. arguments]));
        Assert.SkipWhen(result.StandardError.StartsWith("unshare: ", StringComparison.Ordinal), "no pid namespace may be made here");
        return new(result.Status.Code ?? -1, result.StandardOutput, result.StandardError, result.Status.Usage);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_audit_of_the_bundle_gives_the_same_report_again()
    {
        using TempDirectory directory = new();
        ToolRun run = await ToolRun.StartAsync("run", "--settle", "200ms", "--bundle", directory["bundle"], "-o", $"json={directory["1.json"]}", "--", Paths.LeakPuppet, "zombie");
        Assert.Equal(23, run.Status);
        Assert.Equal(23, (await ToolRun.StartAsync("audit", directory["bundle"], "-o", $"json={directory["2.json"]}")).Status);
        System.IO.Compression.ZipFile.CreateFromDirectory(directory["bundle"], directory["b.zip"]);
        Assert.Equal(23, (await ToolRun.StartAsync("audit", directory["b.zip"], "-o", $"json={directory["3.json"]}")).Status);
        Assert.Equal(File.ReadAllText(directory["1.json"]), File.ReadAllText(directory["2.json"]));
        Assert.Equal(File.ReadAllText(directory["1.json"]), File.ReadAllText(directory["3.json"]));
        Assert.Equal(125, (await ToolRun.StartAsync("run", "--bundle", directory["bundle"], "--", "true")).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_bundle_that_lost_a_file_is_inconclusive()
    {
        using TempDirectory directory = new();
        ToolRun.SkipWithoutConnector();
        Assert.Equal(0, (await ToolRun.StartAsync("run", "--bundle", directory["bundle"], "--", "true")).Status);
        File.Delete(Path.Combine(directory["bundle"], "cn.ndjson"));
        Assert.Equal(24, (await ToolRun.StartAsync("audit", directory["bundle"])).Status);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_bundle_that_is_cut_at_any_line_is_not_clean()
    {
        using TempDirectory directory = new();
        Assert.Equal(0, (await ToolRun.StartAsync("run", "--bundle", directory["bundle"], "--", "sh", "-c", "true; true | cat")).Status);
        foreach (string file in Directory.GetFiles(directory["bundle"], "*.ndjson"))
        {
            string[] lines = File.ReadAllLines(file);
            for (int count = 0; count < lines.Length; count++)
            {
                File.WriteAllText(file, string.Concat(lines.Take(count).Select(static l => l + "\n")));
                Assert.NotEqual(ChildProc.Tool.Audit.Verdict.Clean, ChildProc.Tool.Audit.Auditor.Audit(directory["bundle"], new ChildProc.Tool.Audit.AuditOptions()).Verdict);
            }

            File.WriteAllText(file, string.Concat(lines.Select(static l => l + "\n")));
        }

        Assert.Equal(ChildProc.Tool.Audit.Verdict.Clean, ChildProc.Tool.Audit.Auditor.Audit(directory["bundle"], new ChildProc.Tool.Audit.AuditOptions()).Verdict);
    }

    [Fact(Timeout = 60_000)]
    public async Task Doctor_tells_of_every_source()
    {
        ToolRun run = await ToolRun.StartAsync("doctor");
        Assert.Equal(0, run.Status);
        Assert.All(new[] { "sub", "proc", "cn", "strace", "perf" }, source => Assert.Matches($"(?m)^L\\d {source} +(works|no): ", run.Output));
    }

    [Fact(Timeout = 60_000)]
    public async Task Doctor_says_how_to_get_what_is_absent()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new(Paths.Tool, "doctor") { Environment = new Dictionary<string, string?> { ["PATH"] = "/nonexistent" } });
        Assert.Contains("strace is not installed", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("perf is not installed", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_is_watched_by_its_own_events_tells_them()
    {
        using TempDirectory directory = new();
        ToolRun run = await ToolRun.StartAsync("run", "--sources", "auto,app", "--bundle", directory["b"], "-o", $"ndjson={directory["facts"]}", "--strict", "--", Paths.LeakHost, "events");
        Assert.True(run.Status == 0, run.Error);
        Assert.Equal(50, File.ReadLines(directory["facts"]).Count(static l => l.Contains("\"key\":\"ChildProc\"", StringComparison.Ordinal)));
    }
}
