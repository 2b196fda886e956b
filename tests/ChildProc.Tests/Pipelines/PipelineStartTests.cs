using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

public sealed class PipelineStartTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_stage_runs_before_its_consumers_do(int missing)
    {
        await using CountingHost host = new(ChildProcessHost.Local);
        ChildProcessStartInfo[] stages = [.. Enumerable.Range(0, 3).Select(i => i == missing ? new("no-such-program") : Puppet.Info("pause"))];
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => host.StartAsync(new ChildPipeline(stages)).AsTask());
        Assert.Equal("no-such-program", e.FileName);
        Assert.Equal(3 - missing, host.Starts);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_stage_that_cannot_be_executed_leaves_nothing_of_the_others(int faulty)
    {
        using Marker marker = Marker.Create();
        string path = Path.GetTempFileName();
        try
        {
            ChildProcessStartInfo[] stages = [.. Enumerable.Range(0, 3).Select(i => marker.Mark(i == faulty ? new("/etc/passwd") : Puppet.Seq(Puppet.Daemon, "pause", ",", "wait-eof")))];
            for (int i = 0; i < 20; i++)
            {
                // The end of its input would make the last stage write: those that run are killed before they can see one.
                stages[2] = faulty == 2 ? stages[2] : marker.Mark(new(Puppet.Seq(Puppet.Daemon, "pause", ",", "wait-eof", ",", "print", "end of input")) { StandardOutput = ChildStdio.File(path, FileMode.Append) });
                ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => new ChildPipeline(stages).StartAsync().AsTask());
                Assert.Equal((StartStage.Execute, "/etc/passwd"), (e.Stage, e.FileName));
                marker.AssertGone();
            }

            Assert.Empty(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_start_that_any_host_refuses_leaves_nothing(int failing)
    {
        using Marker marker = Marker.Create();
        await using CountingHost host = new(ChildProcessHost.Local) { Failing = failing };
        ChildProcessStartInfo stage = marker.Mark(Puppet.Info("pause"));
        await Assert.ThrowsAsync<ChildProcessStartException>(() => host.RunAsync(new ChildPipeline(stage, stage, stage)));
        Assert.Equal(failing, host.Starts);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lifetime_that_is_over_starts_nothing()
    {
        await using CountingHost host = new(ChildProcessHost.Local);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.StartAsync(new ChildPipeline(Puppet.Info("pause"), Puppet.Info("pause")), new CancellationToken(true)).AsTask());
        Assert.Equal(0, host.Starts);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_is_cancelled_half_way_leaves_nothing()
    {
        using BusyProgram program = new();
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        await using IChildProcessHost host = TestHost.Create();
        ChildPipeline pipeline = new(program.Info("pause"), marker.Mark(Puppet.Info("pause")));
        Task<RunningPipeline> start = await program.HoldAsync(host, () => host.StartAsync(pipeline, cancel.Token).AsTask());
        await marker.SurvivorsAsync(1); // the last stage runs
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        marker.AssertGone();
    }
}
