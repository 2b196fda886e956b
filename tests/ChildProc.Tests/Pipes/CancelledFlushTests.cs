using System.IO.Pipelines;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Bytes that were given to the writer arrive once, whatever became of the flush.</summary>
public sealed class CancelledFlushTests
{
    private const int Length = HeldWriter.MoreThanAPipe;

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

    [Fact(Timeout = 60_000)]
    public async Task Writes_whose_tokens_are_cancelled_keep_their_bytes_and_their_order()
    {
        byte[] bytes = [.. Enumerable.Range(0, Length).Select(static i => (byte)((i * 131) + (i / 257)))];
        await using IChildProcess child = await StartAsync();
        for (int from = 0; from < Length; from += Length / 4) // the first fills the pipe; each later one finds it full
        {
            using CancellationTokenSource cancel = new();
            Task<FlushResult> write = child.StandardInput.WriteAsync(bytes.AsMemory(from, Length / 4), cancel.Token).AsTask();
            if (write.IsCompleted)
            {
                await write;
                continue;
            }

            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        }

        Assert.True(child.StandardInput.UnflushedBytes > 0);
        await AssertAllArrivesAsync(child, bytes);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_write_whose_token_was_cancelled_before_takes_nothing()
    {
        await using IChildProcess child = await StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.StandardInput.WriteAsync(new byte[10], new CancellationToken(canceled: true)).AsTask());
        Fill(child.StandardInput);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.StandardInput.WriteAsync(new byte[10], new CancellationToken(canceled: true)).AsTask());
        await AssertAllArrivesAsync(child);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_write_whose_flush_is_cancelled_keeps_its_bytes()
    {
        byte[] bytes = [.. Enumerable.Range(0, Length).Select(static i => (byte)((i * 131) + (i / 257)))];
        await using IChildProcess child = await StartAsync();
        Task<FlushResult> write = child.StandardInput.WriteAsync(bytes).AsTask();
        Assert.False(write.IsCompleted);
        child.StandardInput.CancelPendingFlush();
        Assert.True((await write).IsCanceled);
        await AssertAllArrivesAsync(child, bytes);
    }

    private static async Task<IChildProcess> StartAsync()
    {
        IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Seq("print", "ready", ",", "stop-self", ",", "count-stdin").Piped()) { StandardInput = ChildStdio.Pipe });
        await child.ExpectAsync("ready");

        // A SIGCONT that came before the stop would be lost, and the child would stop for ever.
        await Eventually.HoldsAsync(() => ProcFs.Describe(child.Id)?.Contains(" T ", StringComparison.Ordinal) == true, "the child stops");
        return child;
    }

    private static void Fill(PipeWriter writer)
    {
        writer.GetSpan(Length)[..Length].Fill((byte)'x');
        writer.Advance(Length);
    }

    private static async Task AssertAllArrivesAsync(IChildProcess child, byte[]? bytes = null)
    {
        bytes ??= [.. Enumerable.Repeat((byte)'x', Length)];
        child.Signal(ChildSignal.Continue);
        await child.StandardInput.FlushAsync();
        await child.StandardInput.CompleteAsync();
        Assert.Equal($"{Length} {Hash(bytes):x16}", await child.NextLineAsync());
    }

    // FNV-1a, as the puppet counts it.
    private static ulong Hash(byte[] bytes)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return hash;
    }
}
