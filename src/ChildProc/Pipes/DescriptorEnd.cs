using System.Runtime.InteropServices;
using ChildProc.Events;
using ChildProc.Interop;

namespace ChildProc.Pipes;

/// <summary>The host's end of a pipe or terminal on Linux: a non-blocking descriptor that waits on the reactor.</summary>
internal class DescriptorEnd(Descriptor descriptor, bool reads) : PipeEnd, IReactorEntry
{
    private bool _grown, _registered;
    private PipeRelay? _relay; // of a pipe that carries much

    public int Slot { get; set; } = IReactorEntry.NotRegistered;

    /// <summary>"pipe:[inode]": both ends have it.</summary>
    internal override string Link
    {
        get
        {
            try
            {
                using HandleUse use = new(descriptor);
                return new FileInfo($"/proc/self/fd/{use.Number}").LinkTarget ?? "";
            }
            catch (ObjectDisposedException)
            {
                return "";
            }
        }
    }

    internal override int? Number => descriptor.OpenNumber;

    internal override void AddDescriptors(List<int> descriptors)
    {
        base.AddDescriptors(descriptors);
        _relay?.AddDescriptors(descriptors);
    }

    public void OnReady(uint events) => Wake();

    protected override int Read(Span<byte> buffer)
    {
        using HandleUse use = new(descriptor);
        int count = _relay?.Read(use.Number, buffer) ?? Transfer(use.Number, buffer, reads: true);
        if (count < 0 && count != NotNow && _relay is { Held: 0 })
        {
            // A sandbox refuses the move: the pipe is read as it is, and says itself what is wrong with it.
            _relay.Dispose();
            _relay = null;
            count = Transfer(use.Number, buffer, reads: true);
        }

        // Once only: when it passes the mark. Never behind the close, which gives back what was taken here.
        if (Bytes <= PipeGrowth.WorthIt && Bytes + count > PipeGrowth.WorthIt && !_grown && !IsClosed && PipeGrowth.TryGrow(use.Number))
        {
            _grown = true;
            _relay = PipeRelay.TryCreate(PipeGrowth.Size);
        }

        return count;
    }

    internal override int TryWrite(ReadOnlySpan<byte> buffer)
    {
        try
        {
            using HandleUse use = new(descriptor);
            return Transfer(use.Number, MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(buffer), buffer.Length), reads: false);
        }
        catch (ObjectDisposedException)
        {
            return Broken; // the child is disposed: nobody reads any more
        }
    }

    protected override int Arm()
    {
        using HandleUse use = new(descriptor);
        uint events = (reads ? Libc.EPOLLIN : Libc.EPOLLOUT) | Libc.EPOLLONESHOT;
        int error = _registered ? Reactor.Shared.Arm(use.Number, this, events) : Reactor.Shared.Add(use.Number, this, events);
        _registered = error == 0 || _registered;
        return error;
    }

    protected override void Disarm()
    {
        if (_registered)
        {
            Reactor.Shared.Remove(descriptor.Number, this);
        }

        if (_grown)
        {
            PipeGrowth.Release();
        }
    }

    protected override void Free()
    {
        descriptor.Dispose();
        _relay?.Dispose();
    }

    protected override unsafe int Held()
    {
        using HandleUse use = new(descriptor);
        int held = 0;
        Libc.ioctl(use.Number, Libc.FIONREAD, &held);
        return held + (_relay?.Held ?? 0);
    }

    protected override bool IsReadable() => _relay is { Held: > 0 } || Poll(Libc.POLLIN) != 0;

    protected override bool IsWritable() => Poll(Libc.POLLOUT) != 0;

    internal override bool HasReaders() => (Poll(Libc.POLLOUT) & Libc.POLLERR) == 0; // pipe(7), poll(2)

    protected override bool HasPeer() => (Poll(Libc.POLLIN) & Libc.POLLHUP) == 0;

    // What is so at this moment; for a closed end, the end.
    private unsafe short Poll(short events)
    {
        try
        {
            using HandleUse use = new(descriptor);
            Libc.PollDescriptor poll = new() { Descriptor = use.Number, Events = events };
            return Libc.poll(&poll, 1, 0) < 0 ? (short)0 : poll.Returned;
        }
        catch (ObjectDisposedException)
        {
            return Libc.POLLHUP | Libc.POLLERR;
        }
    }

    /// <summary>read(2) or write(2): bytes, or a negative errno, which on Linux is the code of <see cref="PipeEnd"/>.</summary>
    internal static unsafe int Transfer(int number, Span<byte> buffer, bool reads)
    {
        fixed (byte* at = buffer)
        {
            while (true)
            {
                nint count = reads
                    ? Libc.read(number, at, (nuint)buffer.Length)
                    : Libc.write(number, at, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error != Libc.EINTR)
                {
                    return -error;
                }
            }
        }
    }
}
