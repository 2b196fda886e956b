using System.IO.Pipelines;
using System.Text;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Streams that stay open, are closed at a bad moment, or are left unread.</summary>
public sealed class OpenStreamTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_holds_only_the_error_output_hangs_no_capture()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("fork", "1", "close", "1", "+", "pause", ",", "print", "out", ",", "eprint", "err")) { DrainTimeout = TimeSpan.FromMilliseconds(200) };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.Equal(("out\n", "err\n", true), (result.StandardOutput, result.StandardError, result.OutputIncomplete));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_holds_the_input_hangs_no_wait_and_no_disposal()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("fork", "1", "pause", ",", "exit", "2")) { StandardInput = ChildStdio.Pipe };
        IChildProcess child = await ChildProcess.StartAsync(info);
        Assert.Equal(2, (await child.WaitForExitAsync()).Code);
        Task<FlushResult> writing = child.StandardInput.WriteAsync(new byte[HeldWriter.MoreThanAPipe]).AsTask();
        await child.DisposeAsync();
        await Task.WhenAny(writing, Task.Delay(Eventually.Patience));
        Assert.True(writing.IsCompleted);
        _ = writing.Exception;
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines_of_a_child_that_left_a_descendant_with_the_output_end()
    {
        List<string> lines = [];
        ChildProcessStartInfo info = new(Puppet.Seq("hold-stdout", "0", ",", "print", "one", ",", "print", "two")) { DrainTimeout = TimeSpan.FromMilliseconds(100) };
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(info))
        {
            lines.Add(line.Text);
        }

        Assert.Equal(["one", "two"], lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_written_before_a_cancellation_can_be_read_after_it()
    {
        using CancellationTokenSource lifetime = new();
        ChildProcessStartInfo info = new(Puppet.Seq("print", "kept", ",", "eprint", "ready", ",", "pause").Piped()) { StandardError = ChildStdio.Pipe };
        await using IChildProcess child = await ChildProcess.StartAsync(info, lifetime.Token);
        using StreamReader error = new(child.StandardError.AsStream());
        Assert.Equal("ready", await error.ReadLineAsync(TestContext.Current.CancellationToken));
        await lifetime.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitForExitAsync().AsTask());
        await child.ExpectAsync("kept");
        Assert.Null(await child.NextLineAsync());
        Assert.False(child.OutputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines_that_nobody_takes_hold_the_child()
    {
        using Marker marker = Marker.Create();
        await using IAsyncEnumerator<OutputLine> lines = ChildProcess.ReadLinesAsync(marker.Mark(Puppet.Info("flood-lines", "100000000"))).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await lines.MoveNextAsync());
        int child = Assert.Single(await marker.SurvivorsAsync(1));
        await HeldWriter.BlocksAsync(child);
        Assert.InRange(HeldWriter.Written(child), 1, 4 << 20);
    }

    [Fact(Timeout = 60_000)]
    public async Task Characters_that_lie_across_reads_stay_whole()
    {
        string path = Path.GetTempFileName();
        string text = "x" + new string('ü', 60_000) + "𐍈" + new string('€', 40_000);
        try
        {
            await File.WriteAllTextAsync(path, text, new UTF8Encoding(false), TestContext.Current.CancellationToken);
            ChildProcessStartInfo info = new(Puppet.Info("cat")) { StandardInput = ChildStdio.File(path) };
            Assert.Equal(text, (await ChildProcess.CaptureAsync(info)).StandardOutput);
            await foreach (OutputLine line in ChildProcess.ReadLinesAsync(info))
            {
                Assert.Equal(text, line.Text);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 90_000)]
    public async Task Closing_a_pipe_in_the_middle_of_a_read_or_write_disturbs_nobody_else()
    {
        using CancellationTokenSource over = new();
        Task closing = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("cat").Piped()) { StandardInput = ChildStdio.Pipe });
                Task reading = child.StandardOutput.ReadAsync().AsTask();
                Task writing = child.StandardInput.WriteAsync(new byte[100_000]).AsTask();
                child.Dispose();
                await Task.WhenAll(reading, writing).ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        })));

        // A descriptor number that is closed twice, or used after its end, would hit one of these.
        for (int i = 0; i < 60; i++)
        {
            CapturedResult result = await ChildProcess.CaptureAsync(Puppet.Info("flood-lines", "2000"));
            Assert.Equal(2000, result.StandardOutput.Count(static c => c == '\n'));
            Assert.True(result.Status.IsSuccess && !result.OutputIncomplete);
        }

        await over.CancelAsync();
        await closing;
    }
}
