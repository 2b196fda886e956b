using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Ways in which a loop over lines ends before the lines do.</summary>
public sealed class ReadLinesEndTests
{
    // The child has exited, a descendant holds its output, and nothing but the caller ends the wait for it.
    private static readonly string[] s_holder = ["fork", "1", "rename-self", "left-behind", "+", "pause", ",", "print", "one", ",", "exit", "0"];

    [Fact(Timeout = 60_000)]
    public async Task A_loop_left_after_the_exit_kills_who_holds_the_pipe()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        await foreach (OutputLine line in host.ReadLinesAsync(Holder(marker)))
        {
            Assert.Equal("one", line.Text);
            await LeftBehindAsync(marker);
            break;
        }

        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancellation_after_the_exit_ends_the_lines_and_kills_who_holds_the_pipe()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        await using IChildProcessHost host = TestHost.Create();
        List<string> lines = [];
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (OutputLine line in host.ReadLinesAsync(Holder(marker), cancel.Token))
            {
                lines.Add(line.Text);
                await LeftBehindAsync(marker);
                await cancel.CancelAsync();
            }
        });
        Assert.Equal(cancel.Token, e.CancellationToken);
        Assert.Equal(["one"], lines);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_body_of_the_loop_throws_comes_out_when_the_tree_is_gone()
    {
        using Marker marker = Marker.Create();
        FormatException e = await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (OutputLine line in ChildProcess.ReadLinesAsync(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "flood-lines", "100000000"))))
            {
                throw new FormatException(line.Text);
            }
        });
        Assert.Equal("line 0", e.Message);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_source_of_the_input_throws_ends_the_lines_behind_those_that_are_here()
    {
        using Marker marker = Marker.Create();
        TaskCompletionSource fail = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<string> lines = [];
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("print", "one", ",", "pause"))) { StandardInput = ChildStdio.Stream(new Failing(fail.Task)) };
        FormatException e = await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (OutputLine line in ChildProcess.ReadLinesAsync(info))
            {
                lines.Add(line.Text);
                fail.SetException(new FormatException("source"));
            }
        });
        Assert.Equal("source", e.Message);
        Assert.Equal(["one"], lines);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_source_of_the_input_throws_ends_the_lines_of_a_pipeline_too()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo first = new(marker.Mark(Puppet.Info("pause"))) { StandardInput = ChildStdio.Stream(new Failing(Task.FromException(new FormatException("source")))) };
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (PipelineLine line in new ChildPipeline(first, marker.Mark(Puppet.Info("cat"))).ReadLinesAsync())
            {
                Assert.Fail(line.Text);
            }
        });
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_loop_that_never_began_starts_nothing()
    {
        using Marker marker = Marker.Create();
        IAsyncEnumerable<OutputLine> lines = ChildProcess.ReadLinesAsync(marker.Mark(Puppet.Info("pause")));
        await using (lines.GetAsyncEnumerator(TestContext.Current.CancellationToken))
        {
        }

        marker.AssertGone();
    }

    private static ChildProcessStartInfo Holder(Marker marker) => new(marker.Mark(Puppet.Seq(s_holder))) { DrainTimeout = Timeout.InfiniteTimeSpan };

    private static Task<TimeSpan> LeftBehindAsync(Marker marker) => Eventually.HoldsAsync(
        () => marker.Survivors() is [int left] && ProcFs.Command(left) == "left-behind" && Keepers.IsAdopted(left),
        "the child exits");

    private sealed class Failing(Task failing) : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await failing;
            return 0;
        }
    }
}
