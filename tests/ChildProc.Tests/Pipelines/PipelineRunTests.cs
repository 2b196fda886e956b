using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

public sealed class PipelineRunTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_consumer_that_leaves_early_ends_its_producer_by_sigpipe()
    {
        CapturedPipelineResult result = await new ChildPipeline(new("yes"), new("cat"), new("head", "-n", "2")).CaptureAsync();
        Assert.Equal("y\ny\n", result.StandardOutput);
        Assert.Equal([ChildSignal.Pipe, ChildSignal.Pipe, null], result.Stages.Select(static s => s.Status.Signal));
        Assert.Null(result.FailedStage);
        result.EnsureSuccess();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_producer_whose_consumer_is_gone_before_it_writes_gets_sigpipe_too()
    {
        await using RunningPipeline running = await new ChildPipeline(
            new ChildProcessStartInfo(Puppet.Seq("wait-eof", ",", "flood", "1")) { StandardInput = ChildStdio.Pipe }, Puppet.Info("exit", "0")).StartAsync();
        await running.Stages[1].WaitForTreeAsync();
        Assert.False(running.HasExited);
        Assert.Null(running.Exit);
        await running.StandardInput.CompleteAsync();
        Assert.True((await running.WaitForExitAsync()).IsSuccess);
        Assert.Equal(ChildSignal.Pipe, running.Stages[0].Exit!.Value.Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_stage_has_its_status_and_the_rule_picks_one()
    {
        ChildPipeline pipeline = new(Puppet.Info("exit", "4"), Puppet.Seq("wait-eof", ",", "signal-self", "KILL"), Puppet.Seq("wait-eof", ",", "exit", "0"));
        PipelineResult result = await pipeline.RunAsync();
        Assert.Equal(["exit 4", "SIGKILL", "exit 0"], result.Stages.Select(static s => s.Status.ToString()));
        Assert.Equal(("SIGKILL", 1), (result.Status.ToString(), result.FailedStage));
        Assert.True((await new ChildPipeline(pipeline.Stages) { Rule = PipelineRule.Last }.RunAsync()).Status.IsSuccess);

        ChildPipeline early = new(new("yes"), new("true"));
        Assert.True((await early.RunAsync()).Status.IsSuccess);
        Assert.Equal(ChildSignal.Pipe, (await new ChildPipeline(early.Stages) { Rule = PipelineRule.All }.RunAsync()).Status.Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failure_is_a_value_until_success_is_insisted_on()
    {
        PipelineResult result = await new ChildPipeline(new(Puppet.Info("exit", "4")) { ArgumentZero = "x" }, new("true")).RunAsync();
        ChildProcessExitException e = Assert.Throws<ChildProcessExitException>(() => result.EnsureSuccess());
        Assert.Equal((Puppet.Path, 4), (e.FileName, e.Status.Code));
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_standard_error_is_its_own()
    {
        ChildPipeline pipeline = new(Puppet.Seq("eprint", "from a", ",", "print", "data"), Puppet.Seq("eprint", "from b", ",", "cat"), Puppet.Seq("cat", ",", "eprint", "from c"));
        CapturedPipelineResult result = await pipeline.CaptureAsync();
        Assert.Equal("data\n", result.StandardOutput);
        Assert.Equal(["from a\n", "from b\n", "from c\n"], result.StandardErrors);
        Assert.False(result.OutputTruncated || result.OutputIncomplete);
        Assert.Empty(result.KilledLeftovers);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_capture_keeps_to_the_limit_of_each_stage()
    {
        ChildPipeline pipeline = new(Puppet.Info("flood-lines", "1000"), new ChildProcessStartInfo(Puppet.Info("cat")) { CaptureLimit = 6 });
        CapturedPipelineResult result = await pipeline.CaptureAsync();
        Assert.Equal(("lin\n[8884 bytes dropped]\n99\n", true), (result.StandardOutput, result.OutputTruncated));
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines_come_with_their_stream_and_stage()
    {
        List<PipelineLine> lines = [];
        await foreach (PipelineLine line in new ChildPipeline(Puppet.Seq("eprint", "oops", ",", "flood-lines", "2"), Puppet.Info("cat")).ReadLinesAsync())
        {
            lines.Add(line);
        }

        Assert.Equal([new("line 0", OutputSource.StandardOutput, 1), new("line 1", OutputSource.StandardOutput, 1)], lines.Where(static l => l.Stage == 1));
        Assert.Equal(new PipelineLine("oops", OutputSource.StandardError, 0), Assert.Single(lines, static l => l.Stage == 0));
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines_of_a_failing_pipeline_end_in_its_exception()
    {
        int lines = 0;
        ChildProcessExitException e = await Assert.ThrowsAsync<ChildProcessExitException>(async () =>
        {
            await foreach (PipelineLine line in new ChildPipeline(Puppet.Seq("flood-lines", "3", ",", "exit", "9"), Puppet.Info("cat")).ReadLinesAsync())
            {
                lines++;
            }
        });
        Assert.Equal((3, 9), (lines, e.Status.Code));
    }

    [Fact(Timeout = 60_000)]
    public async Task Leaving_the_lines_early_kills_all_stages()
    {
        using Marker marker = Marker.Create();
        await foreach (PipelineLine line in new ChildPipeline(marker.Mark(Puppet.Seq("flood-lines", "100000000")), marker.Mark(Puppet.Info("cat")), marker.Mark(Puppet.Info("cat"))).ReadLinesAsync())
        {
            Assert.Equal("line 0", line.Text);
            break;
        }

        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task One_description_serves_many_runs_at_once()
    {
        ChildPipeline pipeline = new(Puppet.Info("flood", "300000"), Puppet.Info("cat"), Puppet.Info("count-stdin"));
        string first = (await pipeline.CaptureAsync()).StandardOutput;
        CapturedPipelineResult[] results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => pipeline.CaptureAsync()));
        Assert.StartsWith("300000 ", first, StringComparison.Ordinal);
        Assert.All(results, r => Assert.Equal(first, r.EnsureSuccess().StandardOutput));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_stage_is_a_pipeline_and_ten_are()
    {
        Assert.Equal("x\n", (await new ChildPipeline(Puppet.Info("print", "x")).CaptureAsync()).StandardOutput);
        ChildPipeline ten = Enumerable.Range(0, 9).Aggregate(new ChildPipeline(Puppet.Info("flood", "1000000")), static (p, _) => p.Pipe(Puppet.Info("cat"))).Pipe(Puppet.Info("count-stdin"));
        CapturedPipelineResult result = await ten.CaptureAsync();
        Assert.StartsWith("1000000 ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(11, result.Stages.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Any_host_will_do()
    {
        await using CountingHost host = new(ChildProcessHost.Local);
        CapturedPipelineResult result = await host.CaptureAsync(new ChildPipeline(Puppet.Info("print", "x"), Puppet.Info("cat"), Puppet.Info("cat")));
        Assert.Equal(("x\n", 3), (result.StandardOutput, host.Starts));
    }
}
