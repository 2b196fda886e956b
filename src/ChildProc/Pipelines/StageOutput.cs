using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using ChildProc.Stdio;

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
            if (i == last && info.StandardOutput is PipeStdio)
            {
                yield return (pipeline.StandardOutput, OutputSource.StandardOutput, i);
            }

            if (info.StandardError is PipeStdio)
            {
                yield return (pipeline.Stages[i].StandardError, OutputSource.StandardError, i);
            }
        }
    }

    /// <summary>Reads to the end and keeps the beginning: a child must not block on its pipe.</summary>
    internal static async Task<Captured> CollectAsync(PipeReader reader, OutputSource source, int stage, ChildProcessStartInfo info)
    {
        ArrayBufferWriter<byte> kept = new();
        bool truncated = false;
        try
        {
            ReadResult read;
            do
            {
                read = await reader.ReadAsync().ConfigureAwait(false);
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                {
                    int room = Math.Min(part.Length, info.CaptureLimit - kept.WrittenCount);
                    kept.Write(part.Span[..room]);
                    truncated |= room < part.Length;
                }

                reader.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        catch (ObjectDisposedException)
        {
            // the pipeline was cancelled
        }

        return new Captured(info.OutputEncoding.GetString(kept.WrittenSpan), truncated, source, stage);
    }

    /// <summary>Passes all lines on as they come, then completes the channel.</summary>
    internal static async Task ReadLinesAsync(RunningPipeline pipeline, ChannelWriter<PipelineLine> lines, CancellationToken left)
    {
        try
        {
            await Task.WhenAll(Of(pipeline).Select(stream => ReadAsync(stream.Reader, stream.Source, stream.Stage))).ConfigureAwait(false);
        }
        finally
        {
            lines.Complete();
        }

        async Task ReadAsync(PipeReader reader, OutputSource source, int stage)
        {
            using StreamReader text = new(reader.AsStream(), pipeline.Pipeline.Stages[stage].OutputEncoding, detectEncodingFromByteOrderMarks: false);
            try
            {
                while (await text.ReadLineAsync(left).ConfigureAwait(false) is { } line)
                {
                    await lines.WriteAsync(new PipelineLine(line, source, stage), left).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
            {
                // the pipeline was cancelled, or left early
            }
        }
    }

    internal readonly record struct Captured(string Text, bool Truncated, OutputSource Source, int Stage);
}
