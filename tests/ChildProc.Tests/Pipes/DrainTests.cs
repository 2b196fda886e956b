using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Exit and end of output are two events.</summary>
public sealed class DrainTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_holds_the_output_hangs_no_capture()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("hold-stdout", "0", ",", "flood-lines", "3", ",", "eprint", "oops"))
        {
            DrainTimeout = TimeSpan.FromMilliseconds(200),
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.True(result.Status.IsSuccess);
        Assert.Equal("line 0\nline 1\nline 2\n", result.StandardOutput);
        Assert.Equal("oops\n", result.StandardError);
        Assert.True(result.OutputIncomplete);
        Assert.Single(result.KilledLeftovers);
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_that_ends_with_the_child_is_complete()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(Puppet.Info("print", "all"));
        Assert.False(result.OutputIncomplete);
        Assert.False(result.OutputTruncated);
        Assert.Empty(result.KilledLeftovers);
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_that_ends_within_the_drain_time_is_complete()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("print", "early", ",", "fork", "1", "sleep-ms", "150", "+", "print", "late"))
        {
            DrainTimeout = Timeout.InfiniteTimeSpan,
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.Equal("early\nlate\n", result.StandardOutput);
        Assert.False(result.OutputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_exit_is_seen_while_the_output_is_still_open()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("hold-stdout", "0", ",", "exit", "3").Piped());
        Task<string?> line = child.NextLineAsync();
        Assert.Equal(3, (await child.WaitForExitAsync()).Code);
        Assert.False(line.IsCompleted);
        child.Kill();
        Assert.Null(await line);
        Assert.False(child.OutputIncomplete); // the kill closed it: that was the real end
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_output_is_no_exit()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("close", "1", ",", "pause").Piped());
        Assert.Null(await child.NextLineAsync());
        Assert.False(child.HasExited);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_writer_that_never_stops_is_cut_at_what_the_pipe_holds()
    {
        // More than is kept comes from the child itself: the descendant may not have begun when the time is over.
        ChildProcessStartInfo info = new(Puppet.Seq("flood", "2000", ",", "fork", "1", "flood", "100000000000", ",", "exit", "0"))
        {
            DrainTimeout = TimeSpan.FromMilliseconds(100),
            CaptureLimit = 1000,
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.True(result.OutputIncomplete);
        Assert.True(result.OutputTruncated);
    }
}
