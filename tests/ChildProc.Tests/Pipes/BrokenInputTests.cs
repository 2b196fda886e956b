using System.IO.Pipelines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>The host writes, and the child is killed, leaves, or never reads.</summary>
public sealed class BrokenInputTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_child_that_is_killed_while_the_host_writes_is_an_answer_and_no_fault(bool reads)
    {
        ChildProcessStartInfo info = new(reads ? Puppet.Info("cat") : Puppet.Info("pause")) { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Null };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<FlushResult> writing = Task.Run(async () =>
        {
            byte[] piece = new byte[100_000];
            FlushResult result;
            do
            {
                ValueTask<FlushResult> write = child.StandardInput.WriteAsync(piece);
                begun.TrySetResult();
                result = await write;
            }
            while (!result.IsCompleted);
            return result;
        });
        await begun.Task;
        child.Kill();
        Assert.True((await writing).IsCompleted);
        Assert.Equal(ChildSignal.Kill, (await child.WaitForExitAsync()).Signal);
        await child.StandardInput.CompleteAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_is_killed_while_it_is_fed_has_not_taken_all_of_its_input()
    {
        foreach (ChildStdio input in (ChildStdio[])[ChildStdio.Bytes(new byte[HeldWriter.MoreThanAPipe]), ChildStdio.Stream(new MemoryStream(new byte[HeldWriter.MoreThanAPipe])), ChildStdio.Stream(new Endless())])
        {
            await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("pause")) { StandardInput = input });
            child.Kill();
            Assert.Equal(ChildSignal.Kill, (await child.WaitForExitAsync()).Signal);
            await child.WaitForStreamsAsync();
            Assert.True(child.InputIncomplete);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_closes_its_input_and_lives_on_ends_the_feeding()
    {
        foreach (ChildStdio input in (ChildStdio[])[ChildStdio.Bytes(new byte[HeldWriter.MoreThanAPipe]), ChildStdio.Stream(new Endless())])
        {
            await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Seq("close", "0", ",", "pause")) { StandardInput = input });
            await child.WaitForStreamsAsync();
            Assert.True(child.InputIncomplete);
            Assert.False(child.HasExited);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_never_reads_holds_up_no_disposal_and_no_cancellation()
    {
        foreach (ChildStdio input in (ChildStdio[])[ChildStdio.Bytes(new byte[HeldWriter.MoreThanAPipe]), ChildStdio.Stream(new Endless())])
        {
            using Marker marker = Marker.Create();
            using CancellationTokenSource cancel = new();
            ChildProcessStartInfo info = new(marker.Mark(Puppet.Info("pause"))) { StandardInput = input };
            IChildProcess child = await ChildProcess.StartAsync(info);
            await child.DisposeAsync();
            await child.WaitForStreamsAsync();
            Assert.True(child.InputIncomplete);

            Task<ChildResult> run = ChildProcess.RunAsync(info, cancel.Token);
            await Eventually.HoldsAsync(() => marker.Survivors().Count == 1, "the child runs");
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
            marker.AssertGone();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pending_write_that_only_a_released_descendant_could_take_is_told_that_nobody_reads()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("fork", "1", "pause", ",", "exit", "0"))) { StandardInput = ChildStdio.Pipe, Leftovers = Leftovers.Release };
        IChildProcess child = await ChildProcess.StartAsync(info);
        await child.WaitForExitAsync();
        Task<FlushResult> writing = child.StandardInput.WriteAsync(new byte[HeldWriter.MoreThanAPipe]).AsTask();
        Assert.False(writing.IsCompleted);
        await child.DisposeAsync();
        Assert.True((await writing).IsCompleted);
        await child.StandardInput.CompleteAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stream_over_the_input_of_a_child_that_left_throws_nothing()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("exit", "0")) { StandardInput = ChildStdio.Pipe });
        await child.WaitForExitAsync();
        await using StreamWriter writer = new(child.StandardInput.AsStream()) { AutoFlush = true };
        await writer.WriteAsync(new string('x', 200_000));
        await writer.FlushAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Endless : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(buffer.Length);
    }
}
