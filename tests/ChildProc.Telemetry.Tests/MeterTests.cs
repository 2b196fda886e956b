using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ChildProc.Telemetry.Tests.Infrastructure;
using ChildProc.Testing.Xunit;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Telemetry.Tests;

public sealed class MeterTests
{
    [Fact(Timeout = 120_000)]
    public async Task Active_children_are_those_that_run()
    {
        using MeterRecorder meter = new();
        long before = meter.Active();
        await using IChildProcess runs = await ChildProcess.StartAsync(Puppet.Info("pause"));
        await using IChildProcess ends = await ChildProcess.StartAsync(Puppet.Info("exit", "0"));
        await ends.WaitForExitAsync();
        Assert.Equal(before + 1, meter.Active());
        await runs.DisposeAsync();
        Assert.Equal(before, meter.Active());
    }

    [Fact(Timeout = 120_000)]
    public async Task Active_children_are_looked_at_when_nobody_waits()
    {
        using IChildProcess child = ChildProcess.Start(Puppet.Info("exit", "0")); // before anybody listens
        using MeterRecorder meter = new();
        using MeterRecorder other = new();
        long now = meter.Active();
        await Eventually.HoldsAsync(() => child.HasExited, "it ends");
        Assert.InRange(other.Active(), now - 1, now);
        Assert.Equal(other.Active(), meter.Active());
    }

    [Fact(Timeout = 120_000)]
    public async Task Times_of_start_run_and_reaping()
    {
        using MeterRecorder meter = new();
        long before = Stopwatch.GetTimestamp();
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("wait-eof").Piped()) { StandardInput = ChildStdio.Pipe });
        long started = Stopwatch.GetTimestamp();
        await Task.Delay(50, TestContext.Current.CancellationToken);
        double least = Stopwatch.GetElapsedTime(started).TotalSeconds; // it runs at least so long, whoever is held up meanwhile
        await child.StandardInput.CompleteAsync();
        await child.WaitForExitAsync();
        double most = Stopwatch.GetElapsedTime(before).TotalSeconds;
        Measured start = Assert.Single(meter.Heard.All, static m => m.Instrument == "childproc.spawn.duration");
        Measured run = Assert.Single(meter.Heard.All, static m => m.Instrument == "childproc.process.duration");
        Measured reap = Assert.Single(meter.Heard.All, static m => m.Instrument == "childproc.reap.delay");
        Assert.InRange(start.Value, 0.000001, most);
        Assert.InRange(run.Value, least, most);
        Assert.InRange(reap.Value, 0, most);
        Assert.Equal(["childproc.containment", "process.executable.name"], start.Attributes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("puppet", false), (run.Attributes["process.executable.name"], run.Attributes.ContainsKey("error.type")));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_run_that_began_before_anybody_listened_is_measured_too()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        using MeterRecorder meter = new();
        child.Kill();
        await child.WaitForExitAsync();
        Measured run = Assert.Single(meter.Heard.All, static m => m.Instrument == "childproc.process.duration");
        Assert.Equal("SIGKILL", run.Attributes["error.type"]);
        Assert.DoesNotContain(meter.Heard.All, static m => m.Instrument == "childproc.spawn.duration");
    }

    [Fact(Timeout = 120_000)]
    public async Task Failed_starts_are_counted_by_stage()
    {
        using MeterRecorder meter = new();
        await Assert.ThrowsAsync<ChildProcessStartException>(static async () => await ChildProcess.RunAsync(new ChildProcessStartInfo("/nonexistent/program")));
        await Assert.ThrowsAsync<ChildProcessStartException>(static async () => await ChildProcess.RunAsync(new ChildProcessStartInfo("/etc/passwd")));
        await Assert.ThrowsAsync<ChildProcessStartException>(
            static async () => await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Path, "exit", "0") { WorkingDirectory = "/nonexistent" }));
        Assert.Equal(
            [("resolve", "start:ENOENT"), ("execute", "start:EACCES"), ("working_directory", "start:ENOENT")],
            meter.Heard.All.Where(static m => m.Instrument == "childproc.spawn.failures")
                .Select(static m => ((string)m.Attributes["childproc.start.stage"]!, (string)m.Attributes["error.type"]!)));
        Assert.DoesNotContain(meter.Heard.All, static m => m.Instrument is "childproc.spawn.duration" or "childproc.process.duration");
    }

    [Fact(Timeout = 120_000)]
    public async Task Signals_and_kills_are_counted_when_they_were_sent()
    {
        using MeterRecorder meter = new();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        child.Signal(ChildSignal.Stop);
        child.Signal(ChildSignal.Continue, SignalScope.Tree);
        child.Kill();
        await child.WaitForTreeAsync();
        Assert.False(child.Signal(ChildSignal.Terminate)); // it is gone
        child.Kill();
        Assert.Equal(
            [("SIGSTOP", "child"), ("SIGCONT", "tree"), ("SIGKILL", "tree")],
            meter.Heard.All.Where(static m => m.Instrument == "childproc.signal.sent")
                .Select(static m => ((string)m.Attributes["childproc.signal"]!, (string)m.Attributes["childproc.signal.scope"]!)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Bytes_are_counted_in_both_directions()
    {
        const int Size = 300_000;
        using MeterRecorder meter = new();
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Path, "cat") { StandardInput = ChildStdio.Bytes(new byte[Size]) });
        Assert.Equal(Size, result.StandardOutput.Length);
        Assert.Equal((Size, Size), (Bytes("read"), Bytes("write")));

        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("cat").Piped());
        await child.WaitForExitAsync();
        Assert.Equal((Size, Size), (Bytes("read"), Bytes("write")));

        await using IChildProcess echo = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Path, "cat") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        await echo.StandardInput.WriteAsync("hello"u8.ToArray());
        await echo.StandardInput.CompleteAsync();
        using StreamReader reader = new(echo.StandardOutput.AsStream());
        Assert.Equal("hello", await reader.ReadToEndAsync());
        Assert.Equal((Size + 5, Size + 5), (Bytes("read"), Bytes("write")));

        int Bytes(string direction) => (int)meter.Sum("childproc.pipe.io", "childproc.io.direction", direction);
    }

    [AllowLeaks("to forget children is the point")]
    [Fact(Timeout = 60_000)]
    public async Task A_forgotten_child_is_a_leak()
    {
        using MeterRecorder meter = new();
        await using IChildProcessHost host = ChildProcessHost.Create(UnderTest.Options);
        Forget(host);
        await Eventually.HoldsAfterCollectionAsync(() => meter.Sum("childproc.leaks", "childproc.leak.kind", "forgotten_child") == 1, "it is counted");
    }

    // A supervisor that is stopped kills nobody; the wait for the tree is given up after 10 s.
    [Fact(Timeout = 60_000)]
    public async Task A_tree_that_is_not_empty_after_its_kill_is_a_leak_and_so_is_lost_containment()
    {
        Requires.Keepers();
        using MeterRecorder meter = new();
        using EventRecorder events = new();
        await using IChildProcessHost host = ChildProcessHost.Create();
        IChildProcess child = await host.StartAsync(Puppet.Info("pause"));
        int supervisor = (int)(await events.Heard.FirstAsync(e => e.Is("SpawnStop", child.Id)))["supervisorPid"];
        await SignalAsync(supervisor, "STOP");
        try
        {
            await child.DisposeAsync();
        }
        finally
        {
            await SignalAsync(supervisor, "CONT");
        }

        await meter.Heard.FirstAsync(static m => m.Is("childproc.leaks", "childproc.leak.kind", "tree_not_empty"));
        Assert.Equal(1, (await events.Heard.FirstAsync(e => e.Is("TreeNotEmpty", child.Id)))["remaining"]);

        await using IChildProcess lost = await host.StartAsync(Puppet.Info("pause"));
        await SignalAsync((int)(await events.Heard.FirstAsync(e => e.Is("SpawnStop", lost.Id)))["supervisorPid"], "KILL");
        await meter.Heard.FirstAsync(static m => m.Is("childproc.leaks", "childproc.leak.kind", "containment_lost"));
        Assert.False((await lost.WaitForExitAsync()).IsKnown);
        await meter.Heard.FirstAsync(static m => m.Is("childproc.process.duration", "error.type", "unknown"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(IChildProcessHost host) => host.StartAsync(Puppet.Info("pause")).AsTask().GetAwaiter().GetResult();

    private static async Task SignalAsync(int pid, string signal)
        => Assert.True((await ChildProcess.RunAsync(Puppet.Info("kill", pid.ToString(CultureInfo.InvariantCulture), signal))).Status.IsSuccess);
}
