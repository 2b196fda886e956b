using System.Buffers;
using System.Runtime.InteropServices;
using ChildProc.Interop;
using ChildProc.Pipes;

namespace ChildProc.Pumps;

/// <summary>Copies a child's output to a target, no faster than the target takes it.</summary>
internal static class OutputPump
{
    private const int BufferSize = 64 * 1024; // what a pipe holds

    /// <summary>
    /// Until the output ends, is cut, or the target fails: then the pipe is closed, and a child that still writes to it gets
    /// SIGPIPE, as in a shell.
    /// </summary>
    internal static async Task RunAsync(PipeEnd pipe, OutputTarget target, CancellationToken stop)
    {
        try
        {
            // Not on the thread of whoever starts the child: a callback may take its time, and some children never pause.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            while (true)
            {
                // The buffer is borrowed when there is something to read: an idle child has none.
                await pipe.WaitReadableAsync(stop).ConfigureAwait(false);
                byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                try
                {
                    int count;
                    while ((count = pipe.TryRead(buffer)) > 0)
                    {
                        await target.WriteAsync(buffer.AsMemory(0, count), stop).ConfigureAwait(false);
                    }

                    if (count == 0)
                    {
                        await target.CompleteAsync(stop).ConfigureAwait(false);
                        return;
                    }

                    if (count != PipeEnd.NotNow)
                    {
                        throw new IOException($"Reading from the child failed: {Marshal.GetPInvokeErrorMessage(-count)}.", -count);
                    }
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        finally
        {
            pipe.Close();
            target.Close();
        }
    }
}
