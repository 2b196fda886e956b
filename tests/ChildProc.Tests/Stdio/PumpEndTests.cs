using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Stdio;

/// <summary>Pumped streams whose child is cancelled or disposed, and whose other end blocks or throws.</summary>
public sealed class PumpEndTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("lines")]
    [InlineData("chunks")]
    [InlineData("stream")]
    [InlineData("tee")]
    [InlineData("input")]
    public async Task A_cancelled_lifetime_ends_the_streams_of_every_kind(string kind)
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource lifetime = new();
        ChildStdio output = kind switch
        {
            "lines" => ChildStdio.Lines(static _ => { }),
            "chunks" => ChildStdio.Chunks(static _ => default),
            "stream" => ChildStdio.Stream(Stream.Null),
            "tee" => ChildStdio.Tee(ChildStdio.Stream(Stream.Null), ChildStdio.Lines(static _ => { }), ChildStdio.File("/dev/null")),
            _ => ChildStdio.Null,
        };
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "flood-lines", "100000000000")))
        {
            StandardInput = kind == "input" ? ChildStdio.Stream(new Silent()) : ChildStdio.Null,
            StandardOutput = output,
            StandardError = output,
            DrainTimeout = TimeSpan.FromSeconds(1), // after so long a source that never answers is left alone
        };
        await using IChildProcess child = await ChildProcess.StartAsync(info, lifetime.Token);
        Task streams = child.WaitForStreamsAsync().AsTask();
        Assert.Equal(2, await CountAsync(marker));
        await lifetime.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitForExitAsync().AsTask());
        marker.AssertGone();
        await streams;
        Assert.False(child.OutputIncomplete);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_target_that_blocks_for_ever_holds_up_no_disposal_and_no_cancellation(bool hears)
    {
        using Marker marker = Marker.Create();
        using Stuck stuck = new(hears);
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Info("flood", "100000000000"))) { StandardOutput = ChildStdio.Stream(stuck) };
        IChildProcess child = await ChildProcess.StartAsync(info);
        await stuck.Called.Task;
        await child.DisposeAsync();
        marker.AssertGone();
        if (hears)
        {
            await child.WaitForStreamsAsync();
        }

        using CancellationTokenSource cancel = new();
        stuck.Called = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<ChildResult> run = ChildProcess.RunAsync(info, cancel.Token);
        await stuck.Called.Task;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        marker.AssertGone();
        stuck.Release.SetResult();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_whose_child_is_gone_can_be_cancelled_while_a_target_blocks_for_ever()
    {
        using Stuck stuck = new(hears: false);
        using CancellationTokenSource cancel = new();
        Task<ChildResult> run = ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("flood", "10")) { StandardOutput = ChildStdio.Stream(stuck) }, cancel.Token);
        await stuck.Called.Task;
        Assert.False(run.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        stuck.Release.SetResult();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("input")]
    [InlineData("error")]
    public async Task A_fault_of_one_stream_ends_the_run_though_another_says_nothing(string stream)
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("eprint", "x", ",", "pause")))
        {
            StandardInput = stream == "input" ? ChildStdio.Stream(new Throwing()) : ChildStdio.Null,
            StandardOutput = ChildStdio.Lines(static _ => { }),
            StandardError = stream == "error" ? ChildStdio.Lines(static _ => throw new FormatException()) : ChildStdio.Null,
        };
        await Assert.ThrowsAsync<FormatException>(() => ChildProcess.RunAsync(info));
        marker.AssertGone();
        await Assert.ThrowsAsync<FormatException>(() => ChildProcess.CaptureAsync(info));
        marker.AssertGone();
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await Assert.ThrowsAsync<FormatException>(() => child.WaitForStreamsAsync().AsTask());
        Assert.False(child.HasExited);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_that_throws_ends_the_input_so_that_the_child_hears_of_it()
    {
        List<string> lines = [];
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("read-line"))
        {
            StandardInput = ChildStdio.Stream(new Throwing()),
            StandardOutput = ChildStdio.Lines(lines.Add),
        });
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
        await Assert.ThrowsAsync<FormatException>(() => child.WaitForStreamsAsync().AsTask());
        await Eventually.HoldsAsync(() => lines.Count == 1, "the other stream is served to its end");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tee_waits_for_its_slow_target_and_no_target_loses_a_byte()
    {
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long slow = 0, fast = 0;
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("flood", $"{HeldWriter.MoreThanAPipe}"))
        {
            StandardOutput = ChildStdio.Tee(
                ChildStdio.Chunks(chunk =>
                {
                    Interlocked.Add(ref fast, chunk.Length);
                    return default;
                }),
                ChildStdio.Chunks(async chunk =>
                {
                    await goOn.Task;
                    slow += chunk.Length;
                })),
        });
        await HeldWriter.BlocksAsync(child.Id);
        Assert.InRange(Interlocked.Read(ref fast), 0, 64 * 1024); // no more than one read ahead of the slow one
        goOn.SetResult();
        await child.WaitForExitAsync();
        await child.WaitForStreamsAsync();
        Assert.Equal((HeldWriter.MoreThanAPipe, HeldWriter.MoreThanAPipe), (slow, fast));
    }

    private static async Task<int> CountAsync(Marker marker)
    {
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 2, "the tree grows");
        return 2;
    }

    private sealed class Silent : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(new TaskCompletionSource<int>().Task);
    }

    private sealed class Throwing : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new FormatException();
    }

    private sealed class Stuck(bool hears) : MemoryStream
    {
        public TaskCompletionSource Called { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Called.TrySetResult();
            await Release.Task.WaitAsync(hears ? cancellationToken : CancellationToken.None);
        }
    }
}
