using System.IO.Pipelines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Bytes that were given to the writer arrive once, whatever became of the flush.</summary>
public sealed class CancelledFlushTests
{
    private const int Length = 200_000; // more than the pipe holds

    [Fact(Timeout = 60_000)]
    public async Task A_flush_whose_token_is_cancelled_sends_nothing_twice()
    {
        await using IChildProcess child = await StartAsync();
        using CancellationTokenSource cancel = new();
        Fill(child.StandardInput);
        Task<FlushResult> flush = child.StandardInput.FlushAsync(cancel.Token).AsTask();
        Assert.False(flush.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        await AssertAllArrivesAsync(child);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_flush_that_is_cancelled_drops_nothing()
    {
        await using IChildProcess child = await StartAsync();
        Fill(child.StandardInput);
        Task<FlushResult> flush = child.StandardInput.FlushAsync().AsTask();
        Assert.False(flush.IsCompleted);
        child.StandardInput.CancelPendingFlush();
        Assert.True((await flush).IsCanceled);
        await AssertAllArrivesAsync(child);
    }

    private static async Task<IChildProcess> StartAsync()
    {
        IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Seq("print", "ready", ",", "stop-self", ",", "count-stdin").Piped()) { StandardInput = ChildStdio.Pipe });
        await child.ExpectAsync("ready");
        return child;
    }

    private static void Fill(PipeWriter writer)
    {
        writer.GetSpan(Length)[..Length].Fill((byte)'x');
        writer.Advance(Length);
    }

    private static async Task AssertAllArrivesAsync(IChildProcess child)
    {
        child.Signal(ChildSignal.Continue);
        await child.StandardInput.FlushAsync();
        await child.StandardInput.CompleteAsync();
        Assert.StartsWith($"{Length} ", await child.NextLineAsync(), StringComparison.Ordinal);
    }
}
