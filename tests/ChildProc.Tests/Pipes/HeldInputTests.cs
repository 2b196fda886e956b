using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>The child has exited, and a descendant still holds what feeds it.</summary>
public sealed class HeldInputTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_descendant_that_holds_the_input_and_reads_nothing_hangs_no_run(bool silent)
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("fork", "1", "pause", ",", "exit", "2")))
        {
            StandardInput = silent ? ChildStdio.Stream(new Silent()) : ChildStdio.Bytes(new byte[HeldWriter.MoreThanAPipe]),
            StandardOutput = ChildStdio.Null,
            StandardError = ChildStdio.Null,
            DrainTimeout = TimeSpan.FromMilliseconds(100),
        };
        ChildResult result = await ChildProcess.RunAsync(info);
        Assert.Equal((2, true, false), (result.Status.Code, result.InputIncomplete, result.OutputIncomplete));
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_reads_the_input_after_the_exit_gets_all_of_it_within_the_drain_time()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("fork", "1", "count-stdin", ",", "exit", "0"))
        {
            StandardInput = ChildStdio.Bytes(new byte[3_000_000]),
            DrainTimeout = Timeout.InfiniteTimeSpan,
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.StartsWith("3000000 ", result.StandardOutput, StringComparison.Ordinal);
        Assert.False(result.InputIncomplete || result.OutputIncomplete);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_descendant_that_holds_all_three_streams_hangs_nothing(bool lines)
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("fork", "1", "pause", ",", "print", "out", ",", "eprint", "err")))
        {
            StandardInput = ChildStdio.Stream(new Silent()),
            DrainTimeout = TimeSpan.FromMilliseconds(100),
        };
        if (lines)
        {
            List<string> read = [];
            await foreach (OutputLine line in ChildProcess.ReadLinesAsync(info))
            {
                read.Add(line.Text);
            }

            Assert.Equal(["err", "out"], read.Order());
        }
        else
        {
            CapturedResult result = await ChildProcess.CaptureAsync(info);
            Assert.Equal(("out\n", "err\n", true, true), (result.StandardOutput, result.StandardError, result.OutputIncomplete, result.InputIncomplete));
        }

        marker.AssertGone();
    }

    private sealed class Silent : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(new TaskCompletionSource<int>().Task);
    }
}
