using System.Diagnostics;
using System.Runtime.CompilerServices;
using ChildProc.Telemetry.Tests.Infrastructure;
using ChildProc.Testing.Xunit;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Telemetry.Tests;

public sealed class SpanTests
{
    private const string Own = "ChildProc.Telemetry.Tests";
    private static readonly ActivitySource s_own = new(Own);

    private static string Containment => UnderTest.HoldsWholeTree ? "supervised" : "process_group";

    [Fact(Timeout = 120_000)]
    public async Task A_child_is_a_client_span_with_its_executable_pid_and_exit_code()
    {
        using SpanRecorder spans = new();
        DateTime before = DateTime.UtcNow;
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("exit", "3"));
        await child.WaitForExitAsync();

        Activity span = spans.Single();
        Assert.Equal(("puppet", ActivityKind.Client), (span.DisplayName, span.Kind));
        Assert.Equal((ActivityStatusCode.Error, "exit 3"), (span.Status, span.StatusDescription));
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["process.executable.name"] = "puppet",
                ["process.executable.path"] = Puppet.Path,
                ["process.pid"] = child.Id,
                ["process.exit.code"] = 3,
                ["error.type"] = "exit",
                ["childproc.containment"] = Containment,
            },
            Attributes(span));
        Assert.InRange(span.StartTimeUtc, before.AddMilliseconds(-20), DateTime.UtcNow);
        Assert.InRange(span.Duration, TimeSpan.FromTicks(1), DateTime.UtcNow - before + TimeSpan.FromMilliseconds(20));
    }

    [Fact(Timeout = 120_000)]
    public async Task Success_has_no_error()
    {
        using SpanRecorder spans = new();
        await ChildProcess.RunAsync(Puppet.Info("exit", "0"));
        Activity span = spans.Single();
        Assert.Equal((ActivityStatusCode.Unset, 0, null), (span.Status, span.GetTagItem("process.exit.code"), span.GetTagItem("error.type")));
        Assert.Null(span.GetTagItem("childproc.stop.reason"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Its_parent_is_what_was_current_at_the_start_and_current_stays_what_it_was()
    {
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == Own,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using SpanRecorder spans = new();
        using (Activity own = s_own.StartActivity("own")!)
        {
            using (IChildProcess child = ChildProcess.Start(Puppet.Info("exit", "0")))
            {
                Assert.Same(own, Activity.Current);
                child.WaitForExit();
                Assert.Same(own, Activity.Current);
            }

            await ChildProcess.RunAsync(Puppet.Info("exit", "0"));
            Assert.Same(own, Activity.Current);
            Assert.All(spans.Heard.All, span => Assert.Equal((own.SpanId, own.TraceId), (span.ParentSpanId, span.TraceId)));
        }

        Assert.Null(Activity.Current);
        await ChildProcess.RunAsync(Puppet.Info("exit", "0"));
        Assert.Equal(3, spans.Heard.All.Length);
        Assert.Equal(default, spans.Heard.All[2].ParentSpanId);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(nameof(IChildProcess.Kill), "SIGKILL", "kill")]
    [InlineData(nameof(IChildProcess.StopAsync), "SIGTERM", "stop")]
    [InlineData(nameof(IChildProcess.DisposeAsync), "SIGKILL", "dispose")]
    [InlineData(nameof(IChildProcess.Dispose), "SIGKILL", "dispose")]
    [InlineData("host", "SIGKILL", "host_disposal")]
    [InlineData("token", "SIGTERM", "cancellation")]
    [InlineData("other", "SIGUSR1", null)]
    public async Task An_end_by_a_signal_tells_which_and_why(string how, string signal, string? reason)
    {
        using SpanRecorder spans = new();
        using CancellationTokenSource lifetime = new();
        IChildProcessHost host = ChildProcessHost.Create(UnderTest.Options);
        IChildProcess child = await host.StartAsync(new(Puppet.Info("pause")) { Stop = new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1)) }, lifetime.Token);
        await (how switch
        {
            nameof(IChildProcess.Kill) => Then(child.Kill),
            nameof(IChildProcess.StopAsync) => child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1))).AsTask(),
            nameof(IChildProcess.DisposeAsync) => child.DisposeAsync().AsTask(),
            nameof(IChildProcess.Dispose) => Then(child.Dispose),
            "host" => host.DisposeAsync().AsTask(),
            "token" => lifetime.CancelAsync(),
            _ => Then(() => child.Signal(ChildSignal.User1)),
        });
        Activity span = await spans.Heard.FirstAsync(static _ => true);
        Assert.Equal(
            (signal, signal, reason, null, ActivityStatusCode.Error),
            (span.GetTagItem("childproc.exit.signal"), span.GetTagItem("error.type"), span.GetTagItem("childproc.stop.reason"), span.GetTagItem("process.exit.code"), span.Status));
        await child.DisposeAsync();
        await host.DisposeAsync();

        static Task Then(Action act)
        {
            act();
            return Task.CompletedTask;
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData("/nonexistent/program", "start:ENOENT", "resolve")]
    [InlineData("no-such-program-anywhere", "start:ENOENT", "resolve")]
    [InlineData("/etc/passwd", "start:EACCES", "execute")]
    public async Task A_failed_start_tells_the_stage_and_the_error(string program, string error, string stage)
    {
        using SpanRecorder spans = new();
        await Assert.ThrowsAsync<ChildProcessStartException>(async () => await ChildProcess.RunAsync(new ChildProcessStartInfo(program)));
        Activity span = spans.Single();
        Assert.Equal((ActivityStatusCode.Error, error, stage), (span.Status, span.GetTagItem("error.type"), span.GetTagItem("childproc.start.stage")));
        Assert.Null(span.GetTagItem("process.pid"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Arguments_are_told_on_request_only_and_the_environment_never()
    {
        using SpanRecorder spans = new();
        using EventRecorder events = new();
        await ChildProcess.RunAsync(SecretChild.Info);
        Assert.DoesNotContain(SecretChild.Secret, Everything(spans, events), StringComparison.Ordinal);

        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { RecordArguments = true, Containment = UnderTest.Asked });
        await host.RunAsync(SecretChild.Info);
        Activity span = await spans.Heard.FirstAsync(static s => s.GetTagItem("process.command_args") is not null);
        Assert.Equal([Puppet.Path, "args", SecretChild.Secret], (string[])span.GetTagItem("process.command_args")!);
        Assert.DoesNotContain("TOKEN", Everything(spans, events), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task It_has_ended_when_a_wait_returns()
    {
        using SpanRecorder spans = new();
        using (IChildProcess child = ChildProcess.Start(Puppet.Info("exit", "1")))
        {
            child.WaitForExit();
            Assert.Single(spans.Heard.All);
        }

        await using (IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("exit", "1")))
        {
            await child.WaitForExitAsync();
            Assert.Equal(2, spans.Heard.All.Length);
        }

        await ChildProcess.CaptureAsync(Puppet.Info("exit", "1"));
        Assert.Equal(3, spans.Heard.All.Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task It_ends_with_the_child_also_when_nobody_waits()
    {
        using SpanRecorder spans = new();
        using IChildProcess child = ChildProcess.Start(Puppet.Info("exit", "4"));
        Activity span = await spans.Heard.FirstAsync(static _ => true);
        Assert.Equal(4, span.GetTagItem("process.exit.code"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_is_let_go_of_has_no_end_and_no_error()
    {
        using SpanRecorder spans = new();
        using EventRecorder events = new();
        int pid;
        await using (IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Path, "pause") { Containment = ChildProc.Containment.None }))
        {
            pid = child.Id;
        }

        Activity span = spans.Single();
        Assert.Equal(
            ("release", null, null, ActivityStatusCode.Unset),
            (span.GetTagItem("childproc.stop.reason"), span.GetTagItem("process.exit.code"), span.GetTagItem("error.type"), span.Status));
        await events.Heard.FirstAsync(e => e.Is("LetGo", pid));
        Assert.DoesNotContain(events.Heard.All, e => e.Is("Exited", pid));

        await ChildProcess.RunAsync(Puppet.Info("kill", $"{pid}", "KILL"));
        await Eventually.HoldsAsync(() => !Directory.Exists($"/proc/{pid}"), "it is gone");
    }

    [AllowLeaks("to forget children is the point")]
    [Fact(Timeout = 60_000)]
    public async Task A_forgotten_child_tells_so()
    {
        using SpanRecorder spans = new();
        await using IChildProcessHost host = ChildProcessHost.Create(UnderTest.Options);
        Forget(host);
        await Eventually.HoldsAfterCollectionAsync(() => spans.Heard.All.Length > 0, "its span ends");
        Assert.Equal("forgotten", spans.Single().GetTagItem("childproc.stop.reason"));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_a_listener_throws_breaks_nothing()
    {
        static void Throw() => throw new InvalidOperationException("a listener's");
        using SpanRecorder spans = new(Throw);
        using MeterRecorder meter = new(Throw);
        for (int i = 0; i < 3; i++)
        {
            using IChildProcess child = ChildProcess.Start(Puppet.Info("exit", "5"));
            Assert.Equal(5, child.WaitForExit().Code);
        }

        CapturedResult result = await ChildProcess.CaptureAsync(Puppet.Info("print", "hello"));
        Assert.Equal("hello\n", result.StandardOutput);
        await Assert.ThrowsAsync<ChildProcessStartException>(static async () => await ChildProcess.RunAsync(new ChildProcessStartInfo("/nonexistent")));
        Assert.Equal(5, spans.Heard.All.Length);
        Assert.Contains(meter.Heard.All, static m => m.Instrument == "childproc.process.duration");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(IChildProcessHost host) => host.StartAsync(Puppet.Info("pause")).AsTask().GetAwaiter().GetResult();

    private static Dictionary<string, object?> Attributes(Activity span) => new(span.TagObjects);

    private static string Everything(SpanRecorder spans, EventRecorder events)
        => string.Join("\n", spans.Heard.All.SelectMany(static s => s.TagObjects).Where(static t => t.Key != "process.command_args").Select(static t => $"{t.Key}={t.Value}")
            .Concat(events.Heard.All.Select(static e => e.ToString())));
}
