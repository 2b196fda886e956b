using ChildProc.Telemetry.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Telemetry.Tests;

/// <summary>Who does not listen pays nothing.</summary>
public sealed class SilenceTests
{
    [Fact(Timeout = 60_000)]
    public Task A_start_and_a_wait_allocate_one_object_again_when_the_listeners_are_gone()
    {
        Requires.Keepers();
        (bool stacks, object? tag) = (ChildProcessDiagnostics.TrackStacks, ChildProcessDiagnostics.StartTag); // the check for leaks wants both
        (ChildProcessDiagnostics.TrackStacks, ChildProcessDiagnostics.StartTag) = (false, null);
        PreparedCommand command = ChildProcess.Prepare(Puppet.Info("exit", "0"));
        using (new SpanRecorder())
        using (new MeterRecorder())
        using (new EventRecorder())
        {
            Assert.True(BytesPerStart(command, 50) > 200); // the measure would see it
        }

        BytesPerStart(command, 200);
        long bytes = Enumerable.Range(0, 10).Min(_ => BytesPerStart(command, 50)); // the best: a crowded machine has its waits for room
        (ChildProcessDiagnostics.TrackStacks, ChildProcessDiagnostics.StartTag) = (stacks, tag);
        Assert.Equal(32, bytes);
        return Task.CompletedTask;
    }

    [Fact(Timeout = 120_000)]
    public Task Nothing_is_begun_unless_somebody_listens()
    {
        ChildProcessStartInfo info = Puppet.Info("exit", "0");
        Assert.Null(ChildTelemetry.Begin(info, withArguments: false));
        Func<IDisposable>[] listeners = [static () => new SpanRecorder(), static () => new MeterRecorder(), static () => new EventRecorder()];
        Assert.All(listeners, listen =>
        {
            using (listen())
            {
                Assert.NotNull(ChildTelemetry.Begin(info, withArguments: false));
            }

            Assert.Null(ChildTelemetry.Begin(info, withArguments: false));
        });
        return Task.CompletedTask;
    }

    private static long BytesPerStart(PreparedCommand command, int count)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
        {
            using IChildProcess child = command.Start();
            child.WaitForExit();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / count;
    }
}
