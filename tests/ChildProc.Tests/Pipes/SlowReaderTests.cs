using System.IO.Pipelines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Readers that take their time, stop for a while, or have had enough.</summary>
public sealed class SlowReaderTests
{
    private const int Length = HeldWriter.MoreThanAPipe;

    [Fact(Timeout = 60_000)]
    public async Task A_reader_of_few_bytes_at_a_time_gets_them_all()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", "30000").Piped());
        Stream stream = child.StandardOutput.AsStream();
        byte[] few = new byte[7];
        int total = 0, count;
        while ((count = await stream.ReadAsync(few, TestContext.Current.CancellationToken)) > 0)
        {
            for (int i = 0; i < count; i++, total++)
            {
                Assert.Equal((byte)((total * 131) + (total / 257)), few[i]);
            }
        }

        Assert.Equal(30_000, total);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reader_that_stops_and_goes_on_later_loses_nothing()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", $"{Length}").Piped());
        ReadResult read = await child.StandardOutput.ReadAsync(TestContext.Current.CancellationToken);
        long total = read.Buffer.Length;
        child.StandardOutput.AdvanceTo(read.Buffer.End);
        await HeldWriter.BlocksAsync(child.Id);
        total += await CountAsync(child.StandardOutput);
        Assert.Equal(Length, total);
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
        Assert.False(child.OutputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_callback_that_stops_and_goes_on_later_loses_nothing()
    {
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long total = 0;
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("flood", $"{Length}"))
        {
            StandardOutput = ChildStdio.Chunks(async chunk =>
            {
                await goOn.Task;
                total += chunk.Length;
            }),
        });
        await HeldWriter.BlocksAsync(child.Id);
        goOn.SetResult();
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
        await child.WaitForStreamsAsync();
        Assert.Equal(Length, total);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_read_that_is_cancelled_takes_nothing_away_from_the_next()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("cat").Piped()) { StandardInput = ChildStdio.Pipe });
        for (int i = 0; i < 50; i++)
        {
            using CancellationTokenSource cancel = new();
            Task<ReadResult> reading = child.StandardOutput.ReadAsync(cancel.Token).AsTask();
            Task cancelling = Task.Run(cancel.Cancel, CancellationToken.None);
            await child.StandardInput.WriteAsync(new byte[] { (byte)i }); // comes before, in or after the cancellation
            await cancelling;
            ReadResult read;
            try
            {
                read = await reading;
            }
            catch (OperationCanceledException)
            {
                read = await child.StandardOutput.ReadAsync(TestContext.Current.CancellationToken);
            }

            while (read.IsCanceled && read.Buffer.IsEmpty)
            {
                // A cancellation that came too late for one read is told by the next, as the runtime's PipeReader keeps it.
                child.StandardOutput.AdvanceTo(read.Buffer.Start);
                read = await child.StandardOutput.ReadAsync(TestContext.Current.CancellationToken);
            }

            Assert.Equal([(byte)i], read.Buffer.FirstSpan.ToArray());
            child.StandardOutput.AdvanceTo(read.Buffer.End);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_read_that_is_told_to_give_up_does_and_the_next_one_reads()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("cat").Piped()) { StandardInput = ChildStdio.Pipe });
        Task<ReadResult> reading = child.StandardOutput.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        child.StandardOutput.CancelPendingRead();
        ReadResult given = await reading;
        Assert.True(given.IsCanceled);
        child.StandardOutput.AdvanceTo(given.Buffer.Start);
        await child.StandardInput.WriteAsync("x"u8.ToArray());
        ReadResult read = await child.StandardOutput.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("x"u8, read.Buffer.FirstSpan);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_reader_that_has_enough_ends_the_writer_of_that_stream_by_sigpipe(int stream)
    {
        ChildProcessStartInfo info = stream == 1 ? Puppet.Info("flood", "100000000000") : Puppet.Info("chatty", "1000000000");
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(info)
        {
            StandardOutput = stream == 1 ? ChildStdio.Pipe : ChildStdio.Null,
            StandardError = stream == 2 ? ChildStdio.Pipe : ChildStdio.Null,
        });
        Stream reader = (stream == 1 ? child.StandardOutput : child.StandardError).AsStream();
        await reader.ReadExactlyAsync(new byte[10], TestContext.Current.CancellationToken);
        await reader.DisposeAsync();
        Assert.Equal(ChildSignal.Pipe, (await child.WaitForExitAsync()).Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reader_that_completes_with_a_fault_of_its_own_closes_the_pipe_as_well()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", "100000000000").Piped());
        await child.StandardOutput.CompleteAsync(new FormatException());
        Assert.Equal(ChildSignal.Pipe, (await child.WaitForExitAsync()).Signal);
    }

    private static async Task<long> CountAsync(PipeReader reader)
    {
        long total = 0;
        ReadResult read;
        do
        {
            read = await reader.ReadAsync();
            total += read.Buffer.Length;
            reader.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
        return total;
    }
}
