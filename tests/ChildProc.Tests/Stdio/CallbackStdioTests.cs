using System.Text;
using ChildProc.Testing.Xunit;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Stdio;

public sealed class CallbackStdioTests
{
    [Fact(Timeout = 60_000)]
    public async Task Lines_of_each_stream_come_in_order_and_whole()
    {
        List<string> output = [], errors = [];
        ChildResult result = await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("chatty", "20000"))
        {
            StandardOutput = ChildStdio.Lines(output.Add),
            StandardError = ChildStdio.Lines(async line =>
            {
                await Task.Yield();
                errors.Add(line);
            }),
        });
        Assert.True(result.Status.IsSuccess);
        Assert.Equal(Enumerable.Range(0, 10_000).Select(static i => $"chat {2 * i}"), output);
        Assert.Equal(Enumerable.Range(0, 10_000).Select(static i => $"chat {(2 * i) + 1}"), errors);
    }

    [Fact(Timeout = 60_000)]
    public async Task Chunks_are_the_bytes_as_they_came()
    {
        using MemoryStream all = new();
        await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("cat"))
        {
            StandardInput = ChildStdio.Text("some text"),
            StandardOutput = ChildStdio.Chunks(chunk =>
            {
                all.Write(chunk.Span);
                return default;
            }),
        });
        Assert.Equal("some text", Encoding.UTF8.GetString(all.ToArray()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_blocks_runs_no_callback_itself()
    {
        for (int i = 0; i < 30; i++)
        {
            int starter = Environment.CurrentManagedThreadId, started = 0, early = 0;
            ChildProcessStartInfo info = new(Puppet.Info("flood-lines", "2000"))
            {
                StandardOutput = ChildStdio.Lines(_ => early += Volatile.Read(ref started) == 0 && Environment.CurrentManagedThreadId == starter ? 1 : 0),
            };
            using IChildProcess child = ChildProcess.Start(info);
            Volatile.Write(ref started, 1);
            await child.WaitForStreamsAsync();
            Assert.Equal(0, early);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_callback_that_throws_ends_the_run_with_what_it_threw()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Info("flood-lines", "100000000"))) { StandardOutput = ChildStdio.Lines(static _ => throw new FormatException("mine")) };
        Assert.Equal("mine", (await Assert.ThrowsAsync<FormatException>(() => ChildProcess.RunAsync(info))).Message);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_callback_that_throws_is_logged_and_closes_the_pipe_of_a_started_child()
    {
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        ChildProcessStartInfo info = new(Puppet.Info("flood-lines", "100000000")) { StandardOutput = ChildStdio.Lines(static _ => throw new FormatException("mine")) };
        await using IChildProcess child = await host.StartAsync(info);
        Assert.Equal(ChildSignal.Pipe, (await child.WaitForExitAsync()).Signal);
        await Assert.ThrowsAsync<FormatException>(() => child.WaitForStreamsAsync().AsTask());
        await Eventually.HoldsAsync(() => log.Has(8), "the fault is logged");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_callback_that_never_returns_does_not_hold_up_a_dispose()
    {
        TaskCompletionSource called = new(TaskCreationOptions.RunContinuationsAsynchronously), never = new();
        IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("flood-lines", "1000000")) { StandardOutput = ChildStdio.Lines(async _ =>
        {
            called.TrySetResult();
            await never.Task;
        }) });
        await called.Task;
        await child.DisposeAsync();
        Assert.True(child.HasExited);
        never.SetResult();
        await child.WaitForStreamsAsync();
    }

    [Fact(Timeout = 60_000)]
    [AllowLeaks("to forget a child is the point")]
    public async Task A_forgotten_child_dies_while_its_lines_are_delivered()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        await StartAsync(host, marker);
        await Eventually.HoldsAfterCollectionAsync(() => marker.Survivors().Count == 0, "the forgotten tree dies");

        static async Task StartAsync(IChildProcessHost host, Marker marker)
        {
            TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = await host.StartAsync(new ChildProcessStartInfo(marker.Mark(Puppet.Seq("print", "ready", ",", "pause"))) { StandardOutput = ChildStdio.Lines(_ => ready.TrySetResult()) });
            await ready.Task;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_holds_the_pipe_hangs_no_run_and_is_named()
    {
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        List<string> lines = [];
        ChildProcessStartInfo info = new(Puppet.Seq("print", "one", ",", "hold-stdout", "0", ",", "exit", "0")) { StandardOutput = ChildStdio.Lines(lines.Add), DrainTimeout = TimeSpan.FromMilliseconds(50) };
        ChildResult result = await host.RunAsync(info);
        Assert.True(result.OutputIncomplete);
        Assert.Equal(["one"], lines);
        await Eventually.HoldsAsync(() => log.Entries.Any(static e => e.Id.Id == 9 && e.Text.EndsWith(" puppet", StringComparison.Ordinal)), "the holder is named");
    }
}
