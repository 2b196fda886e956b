using ChildProc.Events;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <content>Who reads the lifeline.</content>
/// <remarks>
/// A thread that waits and is alone reads it where it waits: one change of threads less for each message. As soon as somebody
/// is to be told by a task, or there are streams to be ended with the child, the reactor does. Whoever only wants to know what
/// is so at this moment takes what is there, or lets the thread that waits take it.
/// </remarks>
internal sealed partial class SupervisedTree
{
    private bool _isListened; // or shall not be any more

    protected override bool CanReadHere => !_isListened && !_lifeline.IsClosed;

    /// <summary>The reactor listens from here on, if it did not before. 0 or errno.</summary>
    internal int ListenNow()
    {
        lock (Gate)
        {
            if (_isListened || !_lifeline.TryUse(out Lifeline.Use use))
            {
                return 0; // its end was read already
            }

            using (use)
            {
                int error = Reactor.Shared.Add(use.Number, _listener, Libc.EPOLLIN);
                _isListened = error == 0;
                return error;
            }
        }
    }

    /// <summary>The reactor listens no more, and never will again to this lifeline. Whether a thread reads it.</summary>
    private bool StopListening(int number)
    {
        lock (Gate)
        {
            _isListened = true;
            Reactor.Shared.Remove(number, _listener);
            return IsReadHere;
        }
    }

    protected override IOException? Listen() => ListenNow() is not 0 and int error
        ? new IOException($"epoll_ctl failed: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}", error)
        : null;

    protected override void ReadHere(long deadlineTicks)
    {
        if (_lifeline.TryUse(out Lifeline.Use use))
        {
            using (use)
            {
                if (SeqPacket.Wait(use.Number, Libc.POLLIN, deadlineTicks))
                {
                    Read(use.Number);
                }
            }
        }
    }

    protected override void Look()
    {
        if (TryReadHere())
        {
            try
            {
                ReadAll();
            }
            finally
            {
                StopReadingHere();
            }
        }
    }

    /// <summary>What the supervisor has said up to now is known here when this returns.</summary>
    private void TakeNews()
    {
        if (Volatile.Read(ref _isListened))
        {
            ReadAll(); // at once with the reactor, if need be
            return;
        }

        Look();
        SpinWait spin = default;
        for (int i = 0; i < 100 && HasNews(); i++)
        {
            spin.SpinOnce(); // the thread that waits for them is awake by now
        }
    }

    private void ReadListened()
    {
        if (Volatile.Read(ref _isListened))
        {
            ReadAll();
        }
    }

    private bool HasNews()
    {
        if (!_lifeline.TryUse(out Lifeline.Use use))
        {
            return false;
        }

        using (use)
        {
            return SeqPacket.Wait(use.Number, Libc.POLLIN, deadlineTicks: 0);
        }
    }

    private void ReadAll()
    {
        if (_lifeline.TryUse(out Lifeline.Use use))
        {
            using (use)
            {
                while (Read(use.Number))
                {
                }
            }
        }
    }

    // One message. False: there is none, or never again.
    private bool Read(int number)
    {
        using Lock.Scope scope = _reading.EnterScope();
        if (_lifeline.IsClosed)
        {
            return false; // another reader has met its end while this one waited
        }

        Span<byte> buffer = stackalloc byte[512];
        int length = SeqPacket.Receive(number, buffer);
        if (length == -Libc.EAGAIN)
        {
            return false;
        }

        if (length <= 0)
        {
            OnEndOfFile(number);
            return false;
        }

        ReadOnlySpan<byte> message = buffer[..length];
        while (Wire.TryNext(ref message, out Wire.FrameType type, out ReadOnlySpan<byte> frame))
        {
            OnFrame(type, frame);
        }

        return true;
    }
}
