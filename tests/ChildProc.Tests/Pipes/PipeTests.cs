using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

public sealed class PipeTests
{
    [Fact(Timeout = 60_000)]
    public async Task Random_data_comes_back_byte_exact_through_many_children_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            byte[] sent = RandomNumberGenerator.GetBytes(300_000);
            await using IChildProcess child = await ChildProcess.StartAsync(Cat());
            Task writing = Task.Run(async () =>
            {
                await child.StandardInput.WriteAsync(sent);
                await child.StandardInput.CompleteAsync();
            });
            byte[] received = await ReadAllAsync(child.StandardOutput);
            await writing;
            Assert.Equal(sent, received);
            Assert.True((await child.WaitForExitAsync()).IsSuccess);
        }));
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_larger_than_the_pipe_is_all_there_after_the_exit()
    {
        const int Length = 5_000_000;
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", "5000000").Piped());
        byte[] received = await ReadAllAsync(child.StandardOutput);
        ExitStatus status = await child.WaitForExitAsync();
        Assert.Equal((0, false, Length), (status.Code, child.OutputIncomplete, received.Length));
        for (int i = 0; i < Length; i += 4999)
        {
            Assert.Equal((byte)((i * 131L) + (i / 257)), received[i]);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_child_wrote_before_its_exit_can_be_read_after_it()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", "4000").Piped());
        await child.WaitForExitAsync();
        Assert.Equal(4_000, (await ReadAllAsync(child.StandardOutput)).Length);
        Assert.False(child.OutputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_nobody_reads_is_held_by_its_pipe()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", "10000000").Piped());
        ReadResult first = await child.StandardOutput.ReadAsync();
        child.StandardOutput.AdvanceTo(first.Buffer.Start, first.Buffer.End);
        await HeldWriter.BlocksAsync(child.Id);
        Assert.False(child.HasExited);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_input_pipe_holds_the_writer_until_it_is_cancelled()
    {
        ChildProcessStartInfo info = new(Puppet.Info("pause")) { StandardInput = ChildStdio.Pipe };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        using CancellationTokenSource cancel = new();
        Task<FlushResult> writing = child.StandardInput.WriteAsync(new byte[HeldWriter.MoreThanAPipe], cancel.Token).AsTask();
        Assert.NotSame(writing, await Task.WhenAny(writing, Task.Delay(50)));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);

        Task<FlushResult> again = child.StandardInput.WriteAsync(new byte[HeldWriter.MoreThanAPipe]).AsTask();
        child.StandardInput.CancelPendingFlush();
        await Eventually.HoldsAsync(
            () =>
            {
                child.StandardInput.CancelPendingFlush();
                return again.IsCompleted;
            },
            "the flush is cancelled");
        Assert.True((await again).IsCanceled);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_reads_no_more_is_an_answer_and_no_error()
    {
        ChildProcessStartInfo info = new(Puppet.Info("exit", "0")) { StandardInput = ChildStdio.Pipe };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.WaitForExitAsync();
        FlushResult result = await child.StandardInput.WriteAsync(new byte[200_000]);
        Assert.True(result.IsCompleted);
        Assert.True((await child.StandardInput.WriteAsync(new byte[1])).IsCompleted);
        await child.StandardInput.CompleteAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reader_that_stops_early_ends_the_writer_by_SIGPIPE()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", "100000000").Piped());
        await child.StandardOutput.ReadAsync();
        await child.StandardOutput.CompleteAsync();
        Assert.Equal(ChildSignal.Pipe, (await child.WaitForExitAsync()).Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Disposal_ends_a_pending_read_and_a_pending_write()
    {
        IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("pause").Piped()) { StandardInput = ChildStdio.Pipe });
        Task<ReadResult> reading = child.StandardOutput.ReadAsync().AsTask();
        Task<FlushResult> writing = child.StandardInput.WriteAsync(new byte[HeldWriter.MoreThanAPipe]).AsTask();
        await child.DisposeAsync();

        // Either the end of the child came first (end of file, nobody reads), or the end of the pipe.
        await Task.WhenAny(Task.WhenAll(reading, writing), Task.Delay(Eventually.Patience));
        Assert.True(reading.IsCompleted && writing.IsCompleted);
        _ = reading.Exception;
        _ = writing.Exception;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_conversation_works_line_by_line()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Cat());
        using StreamReader reader = new(child.StandardOutput.AsStream());
        await using StreamWriter writer = new(child.StandardInput.AsStream()) { AutoFlush = true };
        for (int i = 0; i < 20; i++)
        {
            await writer.WriteLineAsync($"ping {i}");
            Assert.Equal($"ping {i}", await reader.ReadLineAsync());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stream_that_is_no_pipe_says_so()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("exit", "0"));
        Assert.Throws<InvalidOperationException>(() => child.StandardInput);
        Assert.Throws<InvalidOperationException>(() => child.StandardOutput);
        Assert.Throws<InvalidOperationException>(() => child.StandardError);
    }

    private static ChildProcessStartInfo Cat() => new(Puppet.Info("cat").Piped()) { StandardInput = ChildStdio.Pipe };

    private static async Task<byte[]> ReadAllAsync(PipeReader reader)
    {
        ArrayBufferWriter<byte> all = new();
        while (true)
        {
            ReadResult read = await reader.ReadAsync();
            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                all.Write(part.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return all.WrittenSpan.ToArray();
            }
        }
    }
}
