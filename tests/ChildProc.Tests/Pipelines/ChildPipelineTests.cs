using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

/// <summary>The description alone: nothing is started here.</summary>
public sealed class ChildPipelineTests
{
    private static readonly ChildProcessStartInfo s_a = new("a"), s_b = new("b"), s_c = new("c");

    [Fact]
    public void Joined_streams_must_be_left_to_the_pipeline()
    {
        foreach (ChildStdio stdio in new[] { ChildStdio.Inherit, ChildStdio.Null, ChildStdio.Pipe, ChildStdio.File("/tmp/x") })
        {
            ArgumentException output = Assert.Throws<ArgumentException>("stages", () => new ChildPipeline(new ChildProcessStartInfo("a") { StandardOutput = stdio }, s_b));
            Assert.Contains("Standard output of stage 0 ('a')", output.Message, StringComparison.Ordinal);
            ArgumentException input = Assert.Throws<ArgumentException>("stages", () => new ChildPipeline(s_a, s_b, new ChildProcessStartInfo("c") { StandardInput = stdio }));
            Assert.Contains("Standard input of stage 2 ('c')", input.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_stage_more_makes_the_last_output_a_joined_stream()
    {
        ChildPipeline pipeline = new(s_a, new ChildProcessStartInfo("b") { StandardOutput = ChildStdio.Null });
        Assert.Throws<ArgumentException>(() => pipeline.Pipe(s_c));
    }

    [Fact]
    public void Nothing_null_and_nothing_empty_is_a_pipeline()
    {
        Assert.Throws<ArgumentException>(static () => new ChildPipeline());
        Assert.Throws<ArgumentNullException>(static () => new ChildPipeline(null!));
        Assert.Throws<ArgumentNullException>(static () => new ChildPipeline(s_a, null!));
        Assert.Throws<ArgumentNullException>(static () => new ChildPipeline(s_a).Pipe(null!));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ChildPipeline(s_a) { Rule = (PipelineRule)3 });
    }

    [Fact]
    public void A_longer_pipeline_is_another_one_with_the_same_rule()
    {
        ChildPipeline two = new ChildPipeline(s_a) { Rule = PipelineRule.All }.Pipe(s_b);
        ChildPipeline three = two.Pipe(s_c);
        Assert.Equal([s_a, s_b], two.Stages);
        Assert.Equal([s_a, s_b, s_c], three.Stages);
        Assert.Equal(PipelineRule.All, three.Rule);
        Assert.Equal("a | b | c", three.ToString());
    }

    [Fact]
    public void Stages_are_copied()
    {
        List<ChildProcessStartInfo> stages = [s_a, s_b];
        ChildPipeline pipeline = new(stages);
        stages.Clear();
        Assert.Equal(2, pipeline.Stages.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_fault_in_any_stage_comes_before_any_start()
    {
        using Marker marker = Marker.Create();
        ChildPipeline pipeline = new(marker.Mark(Puppet.Info("pause")), new("b", "half a pair: \ud800"), marker.Mark(Puppet.Info("pause")));
        await using CountingHost host = new(ChildProcessHost.Local);
        await Assert.ThrowsAsync<ArgumentException>(() => host.StartAsync(pipeline).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => pipeline.StartAsync().AsTask());
        Assert.Equal(0, host.Starts);
        marker.AssertGone();
    }

    [Fact(Timeout = 120_000)]
    public async Task Runs_refuse_pipes_that_nobody_would_serve()
    {
        ChildProcessStartInfo input = new("a") { StandardInput = ChildStdio.Pipe }, output = new("a") { StandardOutput = ChildStdio.Pipe }, error = new("a") { StandardError = ChildStdio.Pipe };
        foreach (ChildPipeline pipeline in new ChildPipeline[] { new(input, s_b), new(s_b, output), new(error, s_b), new(s_b, error) })
        {
            await Assert.ThrowsAsync<ArgumentException>("pipeline", () => pipeline.RunAsync());
        }

        await Assert.ThrowsAsync<ArgumentException>("pipeline", () => new ChildPipeline(input, s_b).CaptureAsync());
        await Assert.ThrowsAsync<ArgumentException>("pipeline", async () => await new ChildPipeline(input, s_b).ReadLinesAsync().GetAsyncEnumerator().MoveNextAsync());
    }
}
