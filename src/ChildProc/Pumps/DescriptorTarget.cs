using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Pumps;

/// <summary>A file, handle or stream of the host, as a descriptor of the library's own, which it closes.</summary>
/// <remarks>
/// No FileStream: that keeps a position of its own and writes with pwrite(2), so that whoever shares the open file, the host's
/// own standard output for example, would overwrite what was written here.
/// </remarks>
internal sealed class DescriptorTarget(Descriptor descriptor) : OutputTarget
{
    private const int PollMilliseconds = 100;

    internal override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the write may block: not the caller's thread
        Write(bytes.Span, stop);
    }

    internal override void Close() => descriptor.Dispose();

    private unsafe void Write(ReadOnlySpan<byte> bytes, CancellationToken stop)
    {
        using HandleUse use = new(descriptor);
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* at = bytes)
            {
                written = Libc.write(use.Number, at, (nuint)bytes.Length);
            }

            int error = written < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error == Libc.EAGAIN)
            {
                // Whoever shares the open file has made it non-blocking, open(2).
                Libc.PollDescriptor poll = new() { Descriptor = use.Number, Events = Libc.POLLOUT };
                Libc.poll(&poll, 1, PollMilliseconds);
                stop.ThrowIfCancellationRequested();
            }
            else if (error is not (0 or Libc.EINTR))
            {
                throw new IOException($"Writing to a target of a tee failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
            }

            bytes = bytes[(int)Math.Max(0, written)..];
        }
    }
}
