using System.IO.Pipelines;
using System.Threading.Channels;
using ChildProc.Output;

namespace ChildProc.Pipelines;

/// <summary>Reads what the stages of a pipeline write to the host: standard output of the last one and every standard error.</summary>
internal static class StageOutput
{
    /// <summary>The readers of the streams that are pipes, each with its stage.</summary>
    internal static IEnumerable<(PipeReader Reader, OutputSource Source, int Stage)> Of(RunningPipeline pipeline)
    {
        int last = pipeline.Stages.Count - 1;
        for (int i = 0; i <= last; i++)
        {
            ChildProcessStartInfo info = pipeline.Pipeline.Stages[i];
            if (i == last && info.StandardOutput?.IsPipe == true)
            {
                yield return (pipeline.StandardOutput, OutputSource.StandardOutput, i);
            }

            if (info.StandardError?.IsPipe == true)
            {
                yield return (pipeline.Stages[i].StandardError, OutputSource.StandardError, i);
            }
        }
    }

    /// <summary>Reads to the end and keeps what the limit of the stage allows.</summary>
    internal static async Task<Captured> CollectAsync(PipeReader reader, OutputSource source, int stage, ChildProcessStartInfo info)
    {
        CaptureBuffer kept = await Capture.ReadAsync(reader, info.CaptureLimit).ConfigureAwait(false);
        return new Captured(kept.ToText(info.OutputEncoding), kept.Dropped > 0, source, stage);
    }

    /// <summary>Passes all lines on as they come, then completes the channel.</summary>
    internal static async Task ReadLinesAsync(RunningPipeline pipeline, ChannelWriter<PipelineLine> lines, CancellationToken left)
    {
        try
        {
            await Task.WhenAll(Of(pipeline).Select(stream => LineReading.ReadAsync(
                stream.Reader,
                pipeline.Pipeline.Stages[stream.Stage],
                (line, isPartial) => lines.WriteAsync(new PipelineLine(line, stream.Source, stream.Stage) { IsPartial = isPartial }, left),
                left))).ConfigureAwait(false);
        }
        finally
        {
            lines.TryComplete();
        }
    }

    internal readonly record struct Captured(string Text, bool Truncated, OutputSource Source, int Stage);
}
