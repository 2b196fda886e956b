using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Events;

/// <summary>Something that waits for a descriptor.</summary>
internal interface IReactorEntry
{
    internal const int NotRegistered = -1;

    /// <summary>Slot of the reactor's table, <see cref="NotRegistered"/> at first; the reactor's alone.</summary>
    int Slot { get; set; }

    /// <summary>Runs on the reactor's thread: short, never blocks, never throws, never runs a caller's code.</summary>
    void OnReady(uint events);
}

/// <summary>
/// One background thread and one epoll for all children: lifelines, guardians and pipes.
/// </summary>
/// <remarks>
/// An event names a slot of the table and the version which that slot had when it was armed. A slot gets a new version
/// when it is freed, so an event that was fetched before never reaches the next user, and neither does one that the
/// kernel reports for a closed descriptor whose description lives on in another process (trap 32): descriptors are
/// removed from the epoll before they are closed. <see cref="_gate"/> guards the table; epoll itself needs no lock. Should
/// somebody in the host close the epoll, which is not theirs, another takes its place, and all that waits is added to it.
/// </remarks>
internal sealed unsafe class Reactor
{
    private const int BatchSize = 256, LongestPauseMilliseconds = 100;

    private static readonly Lock s_creation = new();
    private static readonly bool s_packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private static Reactor? s_shared;
    private volatile int _epoll;
    private Slot[] _slots = new Slot[64];
    private int _used;

    private Reactor(int epoll) => _epoll = epoll;

    /// <summary>The one reactor, which <see cref="EnsureRunning"/> has started.</summary>
    internal static Reactor Shared => Volatile.Read(ref s_shared)!;

    /// <summary>Its epoll; null before the first start.</summary>
    internal static int? Descriptor => Volatile.Read(ref s_shared)?._epoll;

    /// <summary>Starts the reactor, for the life of the process. 0, or errno: it may be tried again.</summary>
    internal static int EnsureRunning()
    {
        lock (s_creation)
        {
            if (s_shared is not null)
            {
                return 0;
            }

            int epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
            if (epoll < 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            Reactor reactor = new(epoll);
            try
            {
                new Thread(reactor.Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "ChildProc reactor" }.UnsafeStart();
            }
            catch (OutOfMemoryException) // how the runtime says that the system has no thread left
            {
                Libc.close(epoll);
                return Libc.EAGAIN;
            }

            Volatile.Write(ref s_shared, reactor);
            return 0;
        }
    }

    /// <summary>Adds a descriptor; <paramref name="events"/> may be zero, to be armed later. 0 or errno.</summary>
    internal int Add(int descriptor, IReactorEntry entry, uint events)
    {
        ulong data;
        lock (_gate)
        {
            if (!_free.TryPop(out int slot))
            {
                if (_used == _slots.Length)
                {
                    Array.Resize(ref _slots, _used * 2);
                }

                slot = _used++;
            }

            (_slots[slot].Entry, _slots[slot].Descriptor, _slots[slot].Events) = (entry, descriptor, events);
            entry.Slot = slot;
            data = Data(slot);
        }

        int error = Control(Libc.EPOLL_CTL_ADD, descriptor, events, data);
        if (error != 0)
        {
            Free(entry);
        }

        return error;
    }

    /// <summary>Arms a descriptor again. 0 or errno.</summary>
    internal int Arm(int descriptor, IReactorEntry entry, uint events)
    {
        ulong data;
        lock (_gate)
        {
            if (entry.Slot == IReactorEntry.NotRegistered)
            {
                return Libc.EBADF;
            }

            _slots[entry.Slot].Events = events;
            data = Data(entry.Slot);
        }

        return Control(Libc.EPOLL_CTL_MOD, descriptor, events, data);
    }

    /// <summary>Removes a descriptor that is still open. No event reaches the entry that was not under way already.</summary>
    internal void Remove(int descriptor, IReactorEntry entry)
    {
        if (Free(entry))
        {
            _ = Control(Libc.EPOLL_CTL_DEL, descriptor, 0, 0);
        }
    }

    private bool Free(IReactorEntry entry)
    {
        lock (_gate)
        {
            int slot = entry.Slot;
            if (slot == IReactorEntry.NotRegistered)
            {
                return false;
            }

            entry.Slot = IReactorEntry.NotRegistered;
            _slots[slot].Entry = null;
            _slots[slot].Version++;
            _free.Push(slot);
            return true;
        }
    }

    private ulong Data(int slot) => ((ulong)_slots[slot].Version << 32) | (uint)slot;

    private int Control(int operation, int descriptor, uint events, ulong data)
    {
        Libc.EpollEventX64 packed = new() { Events = events, Data = data };
        Libc.EpollEventArm64 aligned = new() { Events = events, Data = data };
        void* ev = s_packed ? &packed : &aligned;
        return Libc.epoll_ctl(_epoll, operation, descriptor, ev) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    private void Run()
    {
        byte* buffer = stackalloc byte[BatchSize * sizeof(Libc.EpollEventArm64)];
        int pause = 1;
        while (true)
        {
            int count = Libc.epoll_wait(_epoll, buffer, BatchSize, -1);
            int error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error is Libc.EBADF or Libc.EINVAL)
            {
                error = Reopen();
            }

            if (error is not (0 or Libc.EINTR))
            {
                Thread.Sleep(pause); // whatever it is: it may pass, and is not worth a processor
                pause = Math.Min(pause * 2, LongestPauseMilliseconds);
                continue;
            }

            pause = 1;
            for (int i = 0; i < count; i++)
            {
                (uint events, ulong data) = s_packed
                    ? (((Libc.EpollEventX64*)buffer)[i].Events, ((Libc.EpollEventX64*)buffer)[i].Data)
                    : (((Libc.EpollEventArm64*)buffer)[i].Events, ((Libc.EpollEventArm64*)buffer)[i].Data);
                Find(data)?.OnReady(events);
            }
        }
    }

    // The number is no epoll of ours any more. Events that are due come again from the next, epoll(7): one too many is no harm.
    private int Reopen()
    {
        int epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        if (epoll < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        List<IReactorEntry> lost = []; // their descriptors were closed, too: they find out
        lock (_gate)
        {
            _epoll = epoll;
            for (int slot = 0; slot < _used; slot++)
            {
                if (_slots[slot].Entry is { } entry && Control(Libc.EPOLL_CTL_ADD, _slots[slot].Descriptor, _slots[slot].Events, Data(slot)) != 0)
                {
                    lost.Add(entry);
                }
            }
        }

        lost.ForEach(static entry => entry.OnReady(Libc.EPOLLERR | Libc.EPOLLHUP));
        return 0;
    }

    private IReactorEntry? Find(ulong data)
    {
        lock (_gate)
        {
            ref Slot slot = ref _slots[(int)(uint)data];
            return slot.Version == (uint)(data >> 32) ? slot.Entry : null;
        }
    }

    private struct Slot
    {
        internal IReactorEntry? Entry;
        internal uint Version, Events;
        internal int Descriptor;
    }
}
