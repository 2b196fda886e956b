using ChildProc.Testing.Xunit;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

[AllowLeaks("to forget pipelines is the point")]
public sealed class ForgottenPipelineTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_dropped_pipeline_dies_after_a_collection()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource longLived = new();
        await StartAsync(marker, static _ => 0, longLived.Token);
        await marker.SurvivorsAsync(3);
        await Eventually.HoldsAfterCollectionAsync(() => marker.Survivors().Count == 0, "the forgotten trees die");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_read_of_the_last_stage_keeps_the_first_one()
    {
        using Marker marker = Marker.Create();
        Task<string?> read = await StartAsync(marker, static running => new StreamReader(running.StandardOutput.AsStream()).ReadLineAsync());
        Task<ExitStatus> wait = await StartAsync(marker, static running => running.Stages[2].WaitForExitAsync().AsTask());
        await marker.SurvivorsAsync(6);
        for (int i = 0; i < 5; i++)
        {
            Eventually.Collect();
        }

        Assert.Equal(6, marker.Survivors().Count);
        marker.Dispose();
        Assert.Null(await read);
        await wait;
    }

    private static async Task<T> StartAsync<T>(Marker marker, Func<RunningPipeline, T> use, CancellationToken lifetime = default)
    {
        ChildPipeline pipeline = new(
            marker.Mark(Puppet.Info("pause")), marker.Mark(Puppet.Info("cat")), new ChildProcessStartInfo(marker.Mark(Puppet.Info("cat"))) { StandardOutput = ChildStdio.Pipe });
        return use(await pipeline.StartAsync(lifetime));
    }
}
