using System.IO.Pipelines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Output is incomplete when somebody held the pipe for longer than the drain time, and never otherwise.</summary>
public sealed class OutputIncompleteTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_drain_time_of_nothing_delivers_what_was_written_and_tells_of_a_holder(bool pumped)
    {
        ChildProcessStartInfo info = new(Puppet.Seq("hold-stdout", "0", ",", "flood", "4000")) { DrainTimeout = TimeSpan.Zero };
        Assert.Equal((4_000, true), await RunAsync(info, pumped));
    }

    [Fact(Timeout = 90_000)]
    [Soak]
    public async Task A_child_that_ends_at_once_leaves_no_holder_behind()
        => Assert.Equal((0, "cut 0, lost 0"), await HostProcess.RunAsync([], "quick-ends", $"{SoakAttribute.Times(40, 200)}"));

    [Theory(Timeout = 60_000)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_infinite_drain_time_waits_for_the_last_holder_and_cuts_nothing(bool pumped, bool held)
    {
        ChildProcessStartInfo info = new(held ? Puppet.Seq("fork", "1", "sleep-ms", "100", "+", "flood", "4000", ",", "exit", "0") : Puppet.Info("flood", "4000"))
        {
            DrainTimeout = Timeout.InfiniteTimeSpan,
        };
        Assert.Equal((4_000, false), await RunAsync(info, pumped));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_descendant_without_the_pipe_is_no_holder(bool pumped)
    {
        ChildProcessStartInfo info = new(Puppet.Seq("fork", "1", "close", "1", "+", "write-fd", "2", "closed", "+", "pause", ",", "read-line", ",", "flood", "4000"))
        {
            StandardInput = ChildStdio.Pipe,
            StandardOutput = pumped ? ChildStdio.Chunks(static _ => default) : ChildStdio.Pipe,
            StandardError = ChildStdio.Pipe,
            DrainTimeout = TimeSpan.Zero,
        };
        using Marker marker = Marker.Create();
        await using IChildProcess child = await ChildProcess.StartAsync(marker.Mark(info));
        ReadResult closed = await child.StandardError.ReadAsync(TestContext.Current.CancellationToken);
        child.StandardError.AdvanceTo(closed.Buffer.End);
        await child.StandardInput.WriteAsync("go\n"u8.ToArray());
        if (!pumped)
        {
            await child.StandardOutput.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        }

        await child.WaitForExitAsync();
        await child.WaitForStreamsAsync();
        Assert.False(child.OutputIncomplete);
        Assert.Single(marker.Survivors());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_kill_of_the_holder_within_the_drain_time_is_the_real_end()
    {
        long total = 0;
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Seq("hold-stdout", "0", ",", "flood", "4000"))
        {
            StandardOutput = ChildStdio.Chunks(chunk =>
            {
                total += chunk.Length;
                return default;
            }),
            DrainTimeout = Timeout.InfiniteTimeSpan,
        });
        await child.WaitForExitAsync();
        child.Kill();
        await child.WaitForStreamsAsync();
        Assert.Equal((4_000L, false), (total, child.OutputIncomplete));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_pipe_held_at_a_cancellation_is_delivered_after_it(bool pumped)
    {
        using CancellationTokenSource lifetime = new();
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long total = 0;
        ChildProcessStartInfo info = new(Puppet.Seq("flood", "4000", ",", "eprint", "ready", ",", "pause"))
        {
            StandardOutput = !pumped ? ChildStdio.Pipe : ChildStdio.Chunks(async chunk =>
            {
                await goOn.Task;
                total += chunk.Length;
            }),
            StandardError = ChildStdio.Pipe,
        };
        await using IChildProcess child = await ChildProcess.StartAsync(info, lifetime.Token);
        await child.StandardError.ReadAsync(TestContext.Current.CancellationToken);
        await lifetime.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitForExitAsync().AsTask());
        goOn.SetResult();
        if (!pumped)
        {
            using MemoryStream all = new();
            await child.StandardOutput.CopyToAsync(all, TestContext.Current.CancellationToken);
            total = all.Length;
        }

        await child.WaitForStreamsAsync();
        Assert.Equal((4_000L, false), (total, child.OutputIncomplete));
    }

    private static async Task<(int Length, bool Incomplete)> RunAsync(ChildProcessStartInfo info, bool pumped)
    {
        if (!pumped)
        {
            CapturedResult captured = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(info) { OutputEncoding = System.Text.Encoding.Latin1 });
            return (captured.EnsureSuccess().StandardOutput.Length, captured.OutputIncomplete);
        }

        int total = 0;
        ChildResult result = await ChildProcess.RunAsync(new ChildProcessStartInfo(info)
        {
            StandardOutput = ChildStdio.Chunks(async chunk =>
            {
                await Task.Yield();
                total += chunk.Length;
            }),
        });
        return (total, result.EnsureSuccess().OutputIncomplete);
    }
}
