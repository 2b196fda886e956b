using System.IO.Pipelines;

namespace ChildProc.Output;

/// <summary>Reads a whole stream into a buffer that keeps what its limit allows.</summary>
internal static class Capture
{
    internal static async Task<CaptureBuffer> ReadAsync(PipeReader? reader, int limit)
    {
        CaptureBuffer kept = new(limit);
        while (reader is not null)
        {
            ReadResult read;
            try
            {
                read = await reader.ReadAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                break; // the run was cancelled
            }

            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                kept.Add(part.Span); // also past the limit: a child must not block on its pipe
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        return kept;
    }
}
