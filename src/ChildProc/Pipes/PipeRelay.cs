using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Pipes;

/// <summary>A second pipe, to which the pages of a busy one are moved before they are read.</summary>
/// <remarks>
/// Reader and writer of one pipe exclude each other for as long as the bytes are copied. Moving pages takes a moment (splice(2)),
/// and while they are copied out of here the writer fills its pipe again. One reader at a time, as of the pipe itself.
/// </remarks>
internal sealed unsafe class PipeRelay : IDisposable
{
    private readonly Descriptor _reads, _writes;
    private readonly int _size;
    private int _held;

    private PipeRelay(Descriptor reads, Descriptor writes, int size) => (_reads, _writes, _size) = (reads, writes, size);

    /// <summary>Bytes that have left their pipe and are not read yet.</summary>
    internal int Held => Volatile.Read(ref _held);

    internal void AddDescriptors(List<int> descriptors) => Descriptor.AddOpen(descriptors, _reads, _writes);

    /// <summary>Null where there is no room for it: the pipe is read as it is.</summary>
    internal static PipeRelay? TryCreate(int size)
    {
        int* pair = stackalloc int[2];
        if (Libc.pipe2(pair, Libc.O_CLOEXEC | Libc.O_NONBLOCK) != 0)
        {
            return null;
        }

        PipeRelay relay = new(new Descriptor(pair[0]), new Descriptor(pair[1]), size);
        if (Libc.fcntl(pair[0], Libc.F_SETPIPE_SZ, size) >= 0)
        {
            return relay;
        }

        relay.Dispose();
        return null;
    }

    /// <summary>As read(2) of the source would: bytes, 0 at its end, or a negative errno.</summary>
    internal int Read(int source, Span<byte> buffer)
    {
        if (_held == 0)
        {
            using HandleUse writes = new(_writes);
            nint moved;
            do
            {
                moved = Libc.splice(source, null, writes.Number, null, (nuint)_size, Libc.SPLICE_F_MOVE | Libc.SPLICE_F_NONBLOCK);
            }
            while (moved < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);

            if (moved <= 0)
            {
                return moved == 0 ? 0 : -Marshal.GetLastPInvokeError();
            }

            Volatile.Write(ref _held, (int)moved);
        }

        using HandleUse reads = new(_reads);
        int count = DescriptorEnd.Transfer(reads.Number, buffer, reads: true);
        Volatile.Write(ref _held, _held - Math.Max(count, 0));
        return count;
    }

    public void Dispose()
    {
        _reads.Dispose();
        _writes.Dispose();
    }
}
