using ChildProc.Interop;
using ChildProc.Pipes;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>The host's end of a pipe on macOS, or a descriptor that is written: it waits on the kqueue.</summary>
/// <remarks>EV_EOF may come with bytes that are still to be read, so it is no more than a reason to read.</remarks>
internal sealed class DarwinPipeEnd(DarwinPlatform platform, DarwinDescriptor descriptor, bool reads) : PipeEnd, IDarwinEntry
{
    private readonly short _filter = reads ? DarwinAbi.EVFILT_READ : DarwinAbi.EVFILT_WRITE;

    public int Slot { get; set; } = IDarwinEntry.NotRegistered;

    private IDarwinSystem System => platform.System;

    public void OnEvent(in DarwinAbi.Kevent64 change) => Wake();

    protected override int Read(Span<byte> buffer)
    {
        using HandleUse use = new(descriptor);
        return ToCode(System.Read(use.Number, buffer));
    }

    internal override int TryWrite(ReadOnlySpan<byte> buffer)
    {
        try
        {
            using HandleUse use = new(descriptor);
            return ToCode(System.Write(use.Number, buffer));
        }
        catch (ObjectDisposedException)
        {
            return Broken; // the child is disposed: nobody reads any more
        }
    }

    protected override int Arm()
    {
        using HandleUse use = new(descriptor);
        return platform.Reactor.Arm(this, use.Number, _filter, DarwinAbi.EV_ONESHOT);
    }

    protected override void Disarm() => platform.Reactor.Remove(this, descriptor.Number, _filter);

    protected override void Free() => descriptor.Dispose();

    protected override int Held()
    {
        using HandleUse use = new(descriptor);
        return Math.Max(System.Readable(use.Number), 0);
    }

    protected override bool IsReadable() => Poll(DarwinAbi.POLLIN) != 0;

    protected override bool IsWritable() => Poll(DarwinAbi.POLLOUT) != 0;

    internal override bool HasReaders() => (Poll(DarwinAbi.POLLOUT) & (DarwinAbi.POLLHUP | DarwinAbi.POLLERR)) == 0;

    protected override bool HasPeer() => (Poll(DarwinAbi.POLLIN) & DarwinAbi.POLLHUP) == 0;

    /// <summary>The codes of <see cref="PipeEnd"/> are Linux's numbers; of Darwin's own, EDEADLK has the one of <see cref="PipeEnd.NotNow"/>.</summary>
    internal static int ToCode(int result) => result switch
    {
        -DarwinAbi.EAGAIN => NotNow,
        -DarwinAbi.EPIPE => Broken,
        -DarwinAbi.EDEADLK => -DarwinAbi.EIO,
        _ => result,
    };

    // What is so at this moment; for a closed end, the end.
    private int Poll(short events)
    {
        try
        {
            using HandleUse use = new(descriptor);
            return Math.Max(System.Poll(use.Number, events, 0), 0);
        }
        catch (ObjectDisposedException)
        {
            return DarwinAbi.POLLHUP | DarwinAbi.POLLERR;
        }
    }
}
