using ChildProc;

/// <summary>Pipelines for <see cref="Flatness"/>: what many of them leave behind.</summary>
internal static class PipelineCycles
{
    internal static async Task RunAsync(string puppet, int turn)
    {
        ChildPipeline pipeline = new(new(puppet, "flood", "100000"), new(puppet, "cat"), new(puppet, "count-stdin"));
        switch (turn % 3)
        {
            case 0:
                CapturedPipelineResult result = await pipeline.CaptureAsync();
                _ = result.StandardOutput.StartsWith("100000 ", StringComparison.Ordinal) ? 0 : throw new InvalidOperationException(result.StandardOutput);
                break;
            case 1:
                await using (await new ChildPipeline(new(puppet, "pause"), new(puppet, "cat"), new(puppet, "cat")).StartAsync())
                {
                }

                break;
            default:
                try
                {
                    await using RunningPipeline never = await new ChildPipeline(new("/etc/passwd"), new(puppet, "cat"), new(puppet, "cat")).StartAsync();
                    throw new InvalidOperationException("started");
                }
                catch (ChildProcessStartException)
                {
                    break;
                }
        }
    }
}
