using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

/// <summary>Cancelled, stopped, killed and disposed as one.</summary>
public sealed class PipelineEndTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_pipeline_is_empty_when_its_wait_throws()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        await using RunningPipeline running = await StartAsync(marker, cancel.Token);
        Task<ExitStatus>[] waits = [running.WaitForExitAsync().AsTask(), running.WaitForExitAsync().AsTask()];
        await cancel.CancelAsync();
        foreach (Task<ExitStatus> wait in waits)
        {
            OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
            Assert.Equal(cancel.Token, e.CancellationToken);
            marker.AssertGone();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancellation_takes_along_what_a_stage_that_had_exited_left_behind()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        ChildPipeline pipeline = new(marker.Mark(Puppet.Info(Puppet.Daemon, "pause")), marker.Mark(Puppet.Info("pause")));
        await using RunningPipeline running = await pipeline.StartAsync(cancel.Token);
        Assert.True((await running.Stages[0].WaitForExitAsync()).IsSuccess);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitForExitAsync().AsTask());
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task Run_capture_and_lines_are_cancelled_to_the_last_process()
    {
        using Marker marker = Marker.Create();
        foreach (Func<ChildPipeline, CancellationToken, Task> run in new Func<ChildPipeline, CancellationToken, Task>[]
        {
            static (p, ct) => p.RunAsync(ct),
            static (p, ct) => p.CaptureAsync(ct),
            static async (p, ct) => _ = await p.ReadLinesAsync(ct).GetAsyncEnumerator(CancellationToken.None).MoveNextAsync(),
        })
        {
            using CancellationTokenSource cancel = new();
            Task running = run(Daemons(marker), cancel.Token);
            await Eventually.HoldsAsync(() => marker.Survivors().Count >= 6, "all stages and their daemons run");
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
            marker.AssertGone();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wait_that_is_cancelled_touches_nothing()
    {
        using CancellationTokenSource cancel = new(), lifetime = new();
        await using RunningPipeline running = await new ChildPipeline(Puppet.Info("pause"), Puppet.Info("pause")).StartAsync(lifetime.Token);
        Task wait = running.WaitForExitAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Assert.All(running.Stages, static s => Assert.False(s.HasExited));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stop_asks_every_stage_and_leaves_nothing()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo polite = marker.Mark(Puppet.Seq("trap-exit", "TERM", "5", ",", Puppet.Daemon, "ignore", "TERM", "+", "pause", ",", "eprint", "ready", ",", "pause"));
        ChildProcessStartInfo stage = new(polite) { StandardError = ChildStdio.Pipe };
        await using RunningPipeline running = await new ChildPipeline(stage, stage, stage).StartAsync();
        foreach (IChildProcess child in running.Stages)
        {
            await child.StandardError.ReadAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(5, (await running.StopAsync(Stops.Patient)).Code);
        marker.AssertGone();
        Assert.All(running.Stages, static s => Assert.Equal(5, s.Exit!.Value.Code));
        Assert.Equal(5, (await running.StopAsync(StopPolicy.Kill)).Code); // again: facts stay
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stop_whose_grace_is_cut_leaves_nothing()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        await using RunningPipeline running = await StartAsync(marker);
        Task<ExitStatus> stop = running.StopAsync(new StopPolicy(ChildSignal.WindowChange, TimeSpan.FromHours(1)), cancel.Token).AsTask();
        Assert.False(stop.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stop_by_process_groups_needs_one_for_each_stage()
    {
        await using RunningPipeline running = await new ChildPipeline(new(Puppet.Info("pause")) { NewProcessGroup = true }, Puppet.Info("pause")).StartAsync();
        StopPolicy policy = new(ChildSignal.Terminate, TimeSpan.FromSeconds(1), SignalScope.ProcessGroup);
        await Assert.ThrowsAsync<ArgumentException>("policy", () => running.StopAsync(policy).AsTask());
        Assert.False(running.Stages[0].HasExited);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_kill_empties_all_trees()
    {
        using Marker marker = Marker.Create();
        await using RunningPipeline running = await StartAsync(marker);
        running.Kill();
        await running.WaitForTreesAsync(TestContext.Current.CancellationToken);
        marker.AssertGone();
        Assert.Equal(ChildSignal.Kill, (await running.WaitForExitAsync()).Signal);
        running.Kill();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disposal_empties_all_trees(bool blocking)
    {
        using Marker marker = Marker.Create();
        RunningPipeline running = await StartAsync(marker);
        if (blocking)
        {
            running.Dispose();
        }

        await running.DisposeAsync();
        marker.AssertGone();
        Assert.True(running.HasExited);
        Assert.Equal(ChildSignal.Kill, running.Exit!.Value.Signal);
        running.Dispose();
    }

    [Theory(Timeout = 120_000)]
    [InlineData("dispose")]
    [InlineData("kill")]
    [InlineData("stop")]
    [InlineData("cancel")]
    public async Task No_consumer_takes_the_death_of_its_producer_for_the_end_of_its_input(string how)
    {
        string path = Path.GetTempFileName();
        try
        {
            ChildPipeline pipeline = new(
                Puppet.Info("pause"),
                new ChildProcessStartInfo(Puppet.Seq("eprint", "ready", ",", "wait-eof", ",", "print", "end of input"))
                {
                    StandardError = ChildStdio.Pipe,
                    StandardOutput = ChildStdio.File(path, FileMode.Append),
                });
            for (int i = 0; i < 200; i++)
            {
                using CancellationTokenSource cancel = new();
                await using RunningPipeline running = await pipeline.StartAsync(cancel.Token);
                await running.Stages[1].StandardError.ReadAsync(TestContext.Current.CancellationToken);
                switch (how)
                {
                    case "kill":
                        running.Kill();
                        await running.WaitForTreesAsync(TestContext.Current.CancellationToken);
                        break;
                    case "stop":
                        await running.StopAsync();
                        break;
                    case "cancel":
                        await cancel.CancelAsync();
                        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitForExitAsync().AsTask());
                        break;
                }
            }

            Assert.Empty(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_consumer_that_ignores_the_signal_keeps_it_from_no_producer()
    {
        ChildProcessStartInfo producer = new(Puppet.Seq("trap-exit", "TERM", "5", ",", "eprint", "ready", ",", "pause")) { StandardError = ChildStdio.Pipe };
        ChildProcessStartInfo consumer = new(Puppet.Seq("ignore", "TERM", ",", "eprint", "ready", ",", "pause")) { StandardError = ChildStdio.Pipe };
        await using RunningPipeline running = await new ChildPipeline(producer, consumer).StartAsync();
        await running.Stages[0].StandardError.ReadAsync(TestContext.Current.CancellationToken);
        await running.Stages[1].StandardError.ReadAsync(TestContext.Current.CancellationToken);
        using CancellationTokenSource enough = new();
        Task stop = running.StopAsync(Stops.Patient, enough.Token).AsTask();
        Assert.Equal(5, (await running.Stages[0].WaitForExitAsync()).Code);
        await enough.CancelAsync(); // the grace is over for who ignores the signal
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop);
        Assert.Equal(["exit 5", "SIGKILL"], running.Stages.Select(static s => s.Exit.ToString()));
    }

    private static ChildPipeline Daemons(Marker marker)
    {
        ChildProcessStartInfo stage = marker.Mark(Puppet.Seq(Puppet.Daemon, "ignore", "TERM", "+", "pause", ",", "pause"));
        return new ChildPipeline(stage, stage, stage);
    }

    private static async Task<RunningPipeline> StartAsync(Marker marker, CancellationToken lifetime = default)
    {
        RunningPipeline running = await Daemons(marker).StartAsync(lifetime);
        await Eventually.HoldsAsync(() => marker.Survivors().Count >= 6, "all stages and their daemons run");
        return running;
    }
}
