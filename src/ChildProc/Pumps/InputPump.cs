using System.Buffers;
using System.Runtime.InteropServices;
using ChildProc.Interop;
using ChildProc.Pipes;

namespace ChildProc.Pumps;

/// <summary>Copies a stream or bytes to a child's input, no faster than the child reads; then end of file.</summary>
internal static class InputPump
{
    private const int BufferSize = 64 * 1024;

    /// <returns>True when the child took everything; false when it stopped reading first, which is an answer and no fault.</returns>
    internal static async Task<bool> RunAsync(PipeEnd pipe, Stream source, CancellationToken stop)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        Task<int>? pending = null;
        try
        {
            // The source is the caller's code, and not for the thread that starts.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            while (true)
            {
                // Some streams, a console's for example, cannot cancel a read: it is left behind, with its buffer.
                pending = source.ReadAsync(buffer, stop).AsTask();
                int count = await pending.WaitAsync(stop).ConfigureAwait(false);
                if (count == 0)
                {
                    return true;
                }

                if (!await WriteAsync(pipe, buffer.AsMemory(0, count), stop).ConfigureAwait(false))
                {
                    return false;
                }
            }
        }
        finally
        {
            pipe.Close();
            if (pending is null or { IsCompleted: true })
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <inheritdoc cref="RunAsync(PipeEnd, Stream, CancellationToken)"/>
    internal static async Task<bool> RunAsync(PipeEnd pipe, ReadOnlyMemory<byte> source, CancellationToken stop)
    {
        try
        {
            return await WriteAsync(pipe, source, stop).ConfigureAwait(false);
        }
        finally
        {
            pipe.Close();
        }
    }

    private static async ValueTask<bool> WriteAsync(PipeEnd pipe, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty)
        {
            int written = pipe.TryFeed(bytes.Span);
            if (written >= 0)
            {
                bytes = bytes[written..];
            }
            else if (written == PipeEnd.Broken)
            {
                return false;
            }
            else if (written == PipeEnd.NotNow)
            {
                await pipe.WaitAsync(stop).ConfigureAwait(false);
            }
            else
            {
                throw new IOException($"Writing to the child failed: {Marshal.GetPInvokeErrorMessage(-written)}.", -written);
            }
        }

        return true;
    }
}
