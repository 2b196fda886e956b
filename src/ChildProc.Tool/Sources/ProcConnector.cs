using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Model;
using ChildProc.Tool.Run;

namespace ChildProc.Tool.Sources;

/// <summary>
/// The proc connector (netlink, linux/cn_proc.h): every fork, exec and exit of the machine with the kernel's own time, of
/// which the tree of the root is kept. Needs no privilege since Linux 6.6, CAP_NET_ADMIN before; never works in a container.
/// </summary>
internal sealed unsafe class ProcConnector : IDisposable
{
    private const int Buffer = 16 << 20, Sequence = 24, Acknowledge = 28, MessageHead = 16 + 20, EventHead = 16;

    private readonly int _socket;
    private readonly FactLog _log;
    private readonly Thread _thread;
    private readonly Dictionary<int, int> _threads = [];
    private readonly Dictionary<uint, uint> _sequences = [];
    private readonly List<byte[]> _early = [];
    private volatile int _root;
    private volatile bool _stop;
    private bool _open;

    private ProcConnector(int socket, FactLog log)
    {
        (_socket, _log) = (socket, log);
        _thread = new(Listen) { IsBackground = true, Name = "proc connector" };
        _thread.Start();
    }

    internal static ProcConnector Start(int socket, FactLog log) => new(socket, log);

    /// <returns>A socket that hears, or why there is none.</returns>
    internal static (int Socket, string? Why) Open()
    {
        int socket = LibC.socket(LibC.AF_NETLINK, LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC, LibC.NETLINK_CONNECTOR);
        if (socket < 0)
            return (-1, "no proc connector in this kernel: " + Marshal.GetLastPInvokeErrorMessage());
        int size = Buffer;
        if (LibC.setsockopt(socket, LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, &size, sizeof(int)) != 0)
            LibC.setsockopt(socket, LibC.SOL_SOCKET, LibC.SO_RCVBUF, &size, sizeof(int));
        uint* address = stackalloc uint[3] { LibC.AF_NETLINK, 0, 1 }; // family, any port, group CN_IDX_PROC
        if (LibC.bind(socket, address, 12) != 0)
            return Refused(Marshal.GetLastPInvokeError());
        uint token = (uint)Random.Shared.Next();
        byte[] request = new byte[MessageHead + 4];
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteInt16LittleEndian(request.AsSpan(4), 3); // NLMSG_DONE
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(16), 1); // CN_IDX_PROC
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(20), 1); // CN_VAL_PROC
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(Acknowledge), token);
        BinaryPrimitives.WriteInt16LittleEndian(request.AsSpan(32), 4);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(36), 1); // PROC_CN_MCAST_LISTEN
        fixed (byte* bytes = request)
        {
            if (LibC.send(socket, bytes, request.Length, 0) != request.Length)
                return Refused(Marshal.GetLastPInvokeError());
        }

        return Answer(socket, token) switch
        {
            0 => (socket, null),
            null => Close("the proc connector does not answer: a container, or a kernel without CONFIG_PROC_EVENTS"),
            { } error => Refused(error),
        };

        (int, string) Refused(int error) => Close("the proc connector may not be used: " + Marshal.GetPInvokeErrorMessage(error));

        (int, string) Close(string why)
        {
            _ = LibC.close(socket);
            return (-1, why);
        }
    }

    /// <summary>
    /// The kernel answers a request with the number that the request has, and one; in a container it does not. All else that
    /// is heard says nothing: while somebody outside listens, the machine's events come into a container, too, with ids from outside.
    /// </summary>
    /// <returns>0 or an errno; nothing if there is no answer.</returns>
    private static int? Answer(int socket, uint token)
    {
        byte[] message = new byte[8192];
        long deadline = LibC.Now() + 200_000_000;
        while (LibC.Now() < deadline)
        {
            LibC.PollDescriptor poll = new() { Fd = socket, Events = LibC.POLLIN };
            if (LibC.poll(&poll, 1, 20) != 1)
                continue;
            fixed (byte* bytes = message)
            {
                nint length = LibC.recv(socket, bytes, message.Length, 0);
                ReadOnlySpan<byte> body = message.AsSpan(MessageHead);
                bool answers = BinaryPrimitives.ReadUInt32LittleEndian(body) == 0; // PROC_EVENT_NONE
                if (length >= MessageHead + EventHead + 4 && answers && BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(Acknowledge)) == token + 1)
                    return BinaryPrimitives.ReadInt32LittleEndian(body[EventHead..]);
            }
        }

        return null;
    }

    /// <summary>The process whose tree is meant; what came before is looked at now.</summary>
    internal void Follow(int root) => _root = root;

    /// <summary>Hears out what the kernel has sent already, and ends.</summary>
    internal void Stop()
    {
        _stop = true;
        _thread.Join();
    }

    private void Listen()
    {
        byte[] buffer = new byte[8192];
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                LibC.PollDescriptor poll = new() { Fd = _socket, Events = LibC.POLLIN };
                int ready = LibC.poll(&poll, 1, _stop ? 20 : 100);
                if (ready == 0 && _stop)
                    return;
                if (ready <= 0)
                    continue;
                nint length = LibC.recv(_socket, bytes, buffer.Length, 0);
                if (length > 0)
                    Receive(buffer.AsSpan(0, (int)length));
                else if (length < 0 && Marshal.GetLastPInvokeError() == LibC.ENOBUFS)
                    _log.Add(FactKind.Gap, text: "the kernel dropped events of the proc connector");
            }
        }
    }

    private void Receive(ReadOnlySpan<byte> message)
    {
        if (message.Length < MessageHead + EventHead)
            return;
        uint sequence = BinaryPrimitives.ReadUInt32LittleEndian(message[Sequence..]);
        ReadOnlySpan<byte> body = message[MessageHead..];
        uint cpu = BinaryPrimitives.ReadUInt32LittleEndian(body[4..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(body) != 0 && _sequences.TryGetValue(cpu, out uint last) && sequence != last + 1)
            _log.Add(FactKind.Gap, text: $"{sequence - last - 1} events of the proc connector were lost");
        _sequences[cpu] = sequence;
        if (_root == 0)
        {
            const int MostEarly = 100_000;
            if (_early.Count < MostEarly)
                _early.Add(body.ToArray());
            return;
        }

        if (!_open)
        {
            _open = true;
            _threads[_root] = 1;
            foreach (byte[] early in _early)
                Event(early);
            _early.Clear();
        }

        Event(body);
    }

    private void Event(ReadOnlySpan<byte> body)
    {
        const uint Fork = 1, Exec = 2, Session = 0x80, Exit = 0x80000000;
        uint what = BinaryPrimitives.ReadUInt32LittleEndian(body);
        if (what is not (Fork or Exec or Session or Exit) || body.Length < EventHead + 16)
            return;
        long time = BinaryPrimitives.ReadInt64LittleEndian(body[8..]);
        int Field(ReadOnlySpan<byte> from, int i) => BinaryPrimitives.ReadInt32LittleEndian(from[(EventHead + 4 * i)..]);
        int tid = Field(body, 0), pid = Field(body, 1);
        if (what == Fork && Field(body, 2) != Field(body, 3))
            pid = Field(body, 3); // a thread: the kernel names the parent of the whole process
        if (!_threads.TryGetValue(pid, out int threads))
            return;
        switch (what)
        {
            case Fork:
                int child = Field(body, 2), group = Field(body, 3);
                _threads[group] = group == pid ? threads + 1 : 1;
                _log.Add(FactKind.TaskNew, time, pid, tid: pid, other: child, flags: group == pid ? FactFlags.Thread : 0);
                break;
            case Exec:
                string command = ProcFs.Command(pid);
                _log.Add(FactKind.TaskExec, time, pid, text: command.Length > 0 ? command : null, key: command.Length > 0 ? command.Split(' ')[0] : null);
                break;
            case Session:
                _log.Add(FactKind.TaskSession, time, pid, text: "setsid");
                break;
            case Exit when threads > 1:
                _threads[pid] = threads - 1;
                if (tid != pid)
                    _log.Add(FactKind.TaskExit, time, pid, tid, flags: FactFlags.Thread);
                break;
            case Exit:
                // The last thread of a process ends it, whichever that is.
                _threads.Remove(pid);
                int status = Field(body, 2);
                int signal = status & 0x7f;
                _log.Add(FactKind.TaskExit, time, pid, number: signal != 0 ? signal : (status >> 8) & 0xff, flags: signal != 0 ? FactFlags.BySignal : 0);
                break;
        }
    }

    public void Dispose()
    {
        Stop();
        _ = LibC.close(_socket);
    }
}
