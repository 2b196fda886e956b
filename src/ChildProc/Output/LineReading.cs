using System.IO.Pipelines;

namespace ChildProc.Output;

/// <summary>The lines of one stream, from its first byte to its end.</summary>
internal static class LineReading
{
    /// <summary>Ends with the stream, when the child is disposed, or when nobody takes the lines any more; none of these is a fault.</summary>
    /// <param name="reader">The stream.</param>
    /// <param name="info">Encoding and limit.</param>
    /// <param name="write">Takes a line, and whether it goes on in the next.</param>
    /// <param name="left">Nobody takes the lines any more.</param>
    internal static async Task ReadAsync(PipeReader reader, ChildProcessStartInfo info, Func<string, bool, ValueTask> write, CancellationToken left)
    {
        LineSplitter splitter = new(info.OutputEncoding, info.LineLimit);
        try
        {
            while (true)
            {
                ReadResult read = await reader.ReadAsync(left).ConfigureAwait(false);
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                {
                    splitter.Feed(part);
                    while (splitter.TryNext(out string line, out bool isPartial))
                    {
                        await write(line, isPartial).ConfigureAwait(false);
                    }
                }

                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }

            while (splitter.Finish(out string line, out bool isPartial))
            {
                await write(line, isPartial).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
            // the child was cancelled, or the lines are not wanted any more
        }
    }
}
