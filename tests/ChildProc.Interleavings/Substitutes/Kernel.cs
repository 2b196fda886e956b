using ChildProc.Interleavings.Scheduling;
using ChildProc.Interop;

namespace ChildProc.Interleavings.Substitutes;

/// <summary>What the library asks the kernel for, of sockets and epoll: in the place of the functions of <see cref="Libc"/>.</summary>
/// <remarks>Numbers are never used again, so that a use after the close is seen, and fails the schedule.</remarks>
public static unsafe class Kernel
{
    private static readonly Dictionary<int, Socket> s_sockets = [];
    private static readonly Dictionary<int, Dictionary<int, Interest>> s_epolls = [];
    private static int s_last = 1000;
    private static int s_error;

    /// <summary>epoll_ctl(2) says ENOMEM to an addition when this says so.</summary>
    internal static Func<bool> RefusesToListen { get; set; } = static () => false;

    /// <summary>The open numbers.</summary>
    internal static int Count => s_sockets.Count;

    internal static void Reset()
    {
        s_sockets.Clear();
        s_epolls.Clear();
        RefusesToListen = static () => false;
    }

    /// <summary>The two ends of a connection: a number for the library, and an object for whom it talks to.</summary>
    internal static (int Number, Peer Peer) Connect()
    {
        Socket ours = new(), theirs = new() { Other = ours };
        ours.Other = theirs;
        s_sockets[++s_last] = ours;
        return (s_last, new Peer(theirs));
    }

    public static int GetLastPInvokeError() => s_error;

    public static nint recv(int number, void* buffer, nuint length, int flags)
    {
        Scheduler.Point($"recv {number}");
        if (Find(number) is not { } socket)
        {
            return -1;
        }

        if (socket.Inbox.TryDequeue(out byte[]? message))
        {
            message.CopyTo(new Span<byte>(buffer, (int)length));
            return message.Length;
        }

        s_error = Libc.EAGAIN;
        return socket.IsAtEnd ? 0 : -1;
    }

    internal static nint sendmsg(int number, Libc.MessageHeader* message, int flags)
    {
        Scheduler.Point($"sendmsg {number}");
        if (Find(number) is not { } socket)
        {
            return -1;
        }

        if (socket.IsAtEnd)
        {
            s_error = Libc.EPIPE;
            return -1;
        }

        List<byte> bytes = [];
        for (int i = 0; i < (int)message->VectorCount; i++)
        {
            bytes.AddRange(new ReadOnlySpan<byte>(message->Vectors[i].Base, (int)message->Vectors[i].Length));
        }

        socket.Other!.Inbox.Enqueue([.. bytes]);
        return bytes.Count;
    }

    internal static int poll(Libc.PollDescriptor* descriptors, nuint count, int milliseconds)
    {
        int number = descriptors->Descriptor;
        short events = descriptors->Events;
        Scheduler.Point($"poll {number}");
        if (Find(number) is not { } socket)
        {
            return 1;
        }

        return Scheduler.Block($"poll {number}", () => socket.Ready(events) != 0, Scheduler.After(milliseconds)) ? 1 : 0;
    }

    public static int shutdown(int number, int how)
    {
        Scheduler.Point($"shutdown {number}");
        if (Find(number) is not { } socket)
        {
            return -1;
        }

        socket.IsShut = socket.Other!.IsShut = true;
        return 0;
    }

    public static int close(int number)
    {
        Scheduler.Point($"close {number}");
        if (Scheduler.Current is not { } scheduler || number <= 1000)
        {
            return 0; // a finalizer's, after its schedule
        }

        if (!s_sockets.Remove(number, out Socket? socket))
        {
            scheduler.Fail($"{number} is closed twice.");
        }

        if (s_epolls.Values.Any(epoll => epoll.ContainsKey(number)))
        {
            scheduler.Fail($"{number} is closed before it is removed from the epoll.");
        }

        socket!.IsShut = socket.Other!.IsShut = true;
        return 0;
    }

    public static int epoll_create1(int flags)
    {
        s_epolls[++s_last] = [];
        return s_last;
    }

    public static int epoll_ctl(int epoll, int operation, int number, void* change)
    {
        Scheduler.Point($"epoll_ctl {number}");
        if (Find(number) is not { } socket)
        {
            return -1;
        }

        Dictionary<int, Interest> interests = s_epolls[epoll];
        Libc.EpollEventX64 packed = *(Libc.EpollEventX64*)change;
        if (operation == Libc.EPOLL_CTL_DEL)
        {
            return interests.Remove(number) ? 0 : -1;
        }

        if (operation == Libc.EPOLL_CTL_ADD && (RefusesToListen() || interests.ContainsKey(number)))
        {
            s_error = Libc.ENOMEM;
            return -1;
        }

        interests[number] = new Interest(socket, packed.Events, packed.Data);
        return 0;
    }

    public static int epoll_wait(int epoll, void* events, int count, int milliseconds)
    {
        Scheduler.Point("epoll_wait");
        Dictionary<int, Interest> interests = s_epolls[epoll];
        Scheduler.Block("epoll_wait", () => interests.Values.Any(static interest => interest.Ready() != 0));
        int found = 0;
        foreach ((int number, Interest interest) in interests.ToArray())
        {
            if (found < count && interest.Ready() is not 0 and uint ready)
            {
                ((Libc.EpollEventX64*)events)[found++] = new Libc.EpollEventX64 { Events = ready, Data = interest.Data };
                if ((interest.Events & Libc.EPOLLONESHOT) != 0)
                {
                    interests[number] = interest with { Events = 0 };
                }
            }
        }

        return found;
    }

    private static Socket? Find(int number)
    {
        if (s_sockets.TryGetValue(number, out Socket? socket))
        {
            return socket;
        }

        Scheduler.Current?.Fail($"{number} is used after its close.");
        return null;
    }

    private readonly record struct Interest(Socket Socket, uint Events, ulong Data)
    {
        internal uint Ready() => Events == 0 ? 0 : (uint)Socket.Ready((short)(Events & 0xFF));
    }

    internal sealed class Socket
    {
        internal Queue<byte[]> Inbox { get; } = [];

        internal Socket? Other { get; set; }

        internal bool IsShut { get; set; }

        internal bool IsAtEnd => IsShut;

        internal int Ready(short events) => events & ((Inbox.Count > 0 || IsShut ? Libc.POLLIN : 0) | Libc.POLLOUT);
    }
}
