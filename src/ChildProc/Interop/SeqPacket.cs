using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>Whole messages with descriptors over a <c>SOCK_SEQPACKET</c> pair (unix(7)). All calls are non-blocking.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class SeqPacket
{
    internal const int MaxDescriptors = 250;
    private const int LookMilliseconds = 10;

    /// <summary>0 or errno.</summary>
    internal static int CreatePair(out int first, out int second)
    {
        int* pair = stackalloc int[2];
        int result = Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC, 0, pair);
        first = pair[0];
        second = pair[1];
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>0 or errno.</summary>
    internal static int Send(int socket, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, ReadOnlySpan<int> descriptors)
    {
        int controlLength = sizeof(Libc.ControlHeader) + (descriptors.Length * sizeof(int));
        byte* control = stackalloc byte[(controlLength + 7) & ~7];
        fixed (byte* headAt = head, bodyAt = body)
        {
            Libc.IoVector* parts = stackalloc Libc.IoVector[2];
            parts[0] = new Libc.IoVector { Base = headAt, Length = (nuint)head.Length };
            parts[1] = new Libc.IoVector { Base = bodyAt, Length = (nuint)body.Length };
            Libc.MessageHeader message = new() { Vectors = parts, VectorCount = body.IsEmpty ? 1u : 2u };
            if (!descriptors.IsEmpty)
            {
                *(Libc.ControlHeader*)control = new Libc.ControlHeader
                {
                    Length = (nuint)controlLength,
                    Level = Libc.SOL_SOCKET,
                    Type = Libc.SCM_RIGHTS,
                };
                descriptors.CopyTo(new Span<int>(control + sizeof(Libc.ControlHeader), descriptors.Length));
                message.Control = control;
                message.ControlLength = (nuint)((controlLength + 7) & ~7);
            }

            while (true)
            {
                if (Libc.sendmsg(socket, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL) >= 0)
                {
                    return 0;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error != Libc.EINTR)
                {
                    return error;
                }
            }
        }
    }

    internal static int Send<T>(int socket, in T frame)
        where T : unmanaged
        => Send(socket, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in frame)), default, default);

    /// <summary>Bytes received, 0 at end of file, or a negative errno.</summary>
    internal static int Receive(int socket, Span<byte> buffer) => Receive(socket, buffer, out bool _);

    /// <summary>As above; the peer may have closed before it had read all of ours.</summary>
    internal static int Receive(int socket, Span<byte> buffer, out bool unread)
    {
        unread = false;
        fixed (byte* at = buffer)
        {
            while (true)
            {
                nint received = Libc.recv(socket, at, (nuint)buffer.Length, Libc.MSG_DONTWAIT);
                if (received >= 0)
                {
                    return (int)received;
                }

                // ECONNRESET: the peer closed before it had read all of ours. The kernel says so once, ahead of the
                // messages that the peer sent before (net/unix/af_unix.c, unix_release_sock): those are still to come.
                int error = Marshal.GetLastPInvokeError();
                unread |= error == Libc.ECONNRESET;
                if (error is not (Libc.EINTR or Libc.ECONNRESET))
                {
                    return -error;
                }
            }
        }
    }

    /// <summary>Receives, with at most one descriptor (or null).</summary>
    internal static int Receive(int socket, Span<byte> buffer, out Descriptor? descriptor)
    {
        const int ControlLength = 24; // CMSG_SPACE(sizeof(int))
        byte* control = stackalloc byte[ControlLength];
        descriptor = null;
        fixed (byte* at = buffer)
        {
            Libc.IoVector part = new() { Base = at, Length = (nuint)buffer.Length };
            Libc.MessageHeader message = new() { Vectors = &part, VectorCount = 1, Control = control, ControlLength = ControlLength };
            nint received;
            int error;
            do
            {
                received = Libc.recvmsg(socket, &message, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC);
                error = received < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (error is Libc.EINTR or Libc.ECONNRESET); // as above
            if (error != 0)
            {
                return -error;
            }

            Libc.ControlHeader* header = (Libc.ControlHeader*)control;
            if (message.ControlLength >= (nuint)sizeof(Libc.ControlHeader) + sizeof(int) && header->Type == Libc.SCM_RIGHTS)
            {
                descriptor = new Descriptor(*(int*)(control + sizeof(Libc.ControlHeader)));
            }

            return (int)received;
        }
    }

    /// <summary>Receives, and waits for what there is to receive. As above, or <see cref="Libc.EAGAIN"/>, negative, when the time is over.</summary>
    internal static int Receive(int socket, Span<byte> buffer, long deadlineTicks, out Descriptor? descriptor)
    {
        descriptor = null;
        int length = -Libc.EAGAIN;
        while (length == -Libc.EAGAIN && Wait(socket, Libc.POLLIN, deadlineTicks))
        {
            length = Receive(socket, buffer, out descriptor);
        }

        return length;
    }

    /// <summary>Waits until the socket is ready, or may be: whoever is told so tries, and waits again. False when the time is over.</summary>
    internal static bool Wait(int socket, short events, long deadlineTicks)
    {
        while (true)
        {
            long left = deadlineTicks - Environment.TickCount64;
            Libc.PollDescriptor poll = new() { Descriptor = socket, Events = events };
            int ready = Libc.poll(&poll, 1, (int)Math.Clamp(left, 0, int.MaxValue));
            if (ready > 0)
            {
                return true;
            }

            if (left <= 0)
            {
                return false;
            }

            if (ready < 0 && Marshal.GetLastPInvokeError() != Libc.EINTR)
            {
                // ENOMEM, or EINVAL under a limit of no open files, poll(2): nobody tells when it is ready, so a look now and then.
                Thread.Sleep((int)Math.Min(left, LookMilliseconds));
                return true;
            }
        }
    }
}
