using ChildProc.Interop;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>Something that waits for events of a kqueue.</summary>
internal interface IDarwinEntry
{
    internal const int NotRegistered = -1;

    /// <summary>Slot of the reactor's table, <see cref="NotRegistered"/> at first; the reactor's alone.</summary>
    int Slot { get; set; }

    /// <summary>Runs on the reactor's thread: short, never blocks, never throws, never runs a caller's code.</summary>
    void OnEvent(in DarwinAbi.Kevent64 change);
}

/// <summary>One background thread and one kqueue for all children: exits, forks and pipes.</summary>
/// <remarks>
/// As <see cref="Events.Reactor"/>: an event names a slot of the table and the version which that slot had when it was added, so
/// one that was fetched before the slot changed hands reaches nobody. <see cref="_gate"/> guards the table. A change is made
/// by the thread that wants it, with a receipt (EV_RECEIPT), and is in force at once; the thread of the reactor needs no waking
/// for it, only for its end (EVFILT_USER).
/// </remarks>
internal sealed class DarwinReactor : IDisposable
{
    private const int BatchSize = 256;
    private const int FirstPause = 1_000, LongestPause = 100_000; // microseconds
    private const ulong Leave = ulong.MaxValue;

    private readonly IDarwinSystem _system;
    private readonly DarwinDescriptor _kqueue;
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private Thread? _thread;
    private Slot[] _slots = new Slot[64];
    private int _used;

    private DarwinReactor(IDarwinSystem system, DarwinDescriptor kqueue)
    {
        _system = system;
        _kqueue = kqueue;
    }

    /// <summary>Null with an errno: it may be tried again.</summary>
    internal static DarwinReactor? Start(IDarwinSystem system, out int error)
    {
        int number = system.Kqueue();
        if (number is >= 0 and < 3)
        {
            // The host has closed a standard stream: its number must stay free, or a child would be given the kqueue for it.
            using DarwinDescriptor low = new(system, number);
            return Start(system, out error);
        }

        error = Math.Max(-number, 0);
        if (error != 0)
        {
            return null;
        }

        // No child of ours inherits it, nor does any fork: a kqueue is not inherited at all, kqueue(2).
        DarwinReactor reactor = new(system, new DarwinDescriptor(system, number));
        error = reactor.Change(Leave, DarwinAbi.EVFILT_USER, DarwinAbi.EV_ADD | DarwinAbi.EV_CLEAR, 0, Leave);
        if (error == 0)
        {
            try
            {
                reactor._thread = new Thread(reactor.Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "ChildProc reactor" };
                reactor._thread.UnsafeStart();
                return reactor;
            }
            catch (OutOfMemoryException) // how the runtime says that the system has no thread left
            {
                error = DarwinAbi.EAGAIN;
            }
        }

        reactor._kqueue.Dispose();
        return null;
    }

    /// <summary>Asks for events; again is the same as once. 0 or errno, ESRCH for a process that has ended, for example.</summary>
    internal int Arm(IDarwinEntry entry, int ident, short filter, ushort flags, uint filterFlags = 0)
    {
        ulong data;
        lock (_gate)
        {
            if (entry.Slot == IDarwinEntry.NotRegistered)
            {
                if (!_free.TryPop(out int slot))
                {
                    if (_used == _slots.Length)
                    {
                        Array.Resize(ref _slots, _used * 2);
                    }

                    slot = _used++;
                }

                _slots[slot].Entry = entry;
                entry.Slot = slot;
            }

            data = ((ulong)_slots[entry.Slot].Version << 32) | (uint)entry.Slot;
        }

        return Change((ulong)ident, filter, (ushort)(DarwinAbi.EV_ADD | flags), filterFlags, data);
    }

    /// <summary>No event reaches the entry that was not under way already. A descriptor is still open then.</summary>
    internal void Remove(IDarwinEntry entry, int ident, short filter)
    {
        lock (_gate)
        {
            int slot = entry.Slot;
            if (slot == IDarwinEntry.NotRegistered)
            {
                return;
            }

            entry.Slot = IDarwinEntry.NotRegistered;
            _slots[slot].Entry = null;
            _slots[slot].Version++;
            _free.Push(slot);
        }

        _ = Change((ulong)ident, filter, DarwinAbi.EV_DELETE, 0, 0); // ENOENT: it was told once, and is gone by itself
    }

    /// <summary>Ends the thread: for a system that ends before the process does.</summary>
    public void Dispose()
    {
        _ = Change(Leave, DarwinAbi.EVFILT_USER, 0, DarwinAbi.NOTE_TRIGGER, Leave);
        _thread?.Join();
        _kqueue.Dispose();
    }

    private int Change(ulong ident, short filter, ushort flags, uint filterFlags, ulong data)
    {
        DarwinAbi.Kevent64 change = new()
        {
            Ident = ident,
            Filter = filter,
            Flags = (ushort)(flags | DarwinAbi.EV_RECEIPT),
            FilterFlags = filterFlags,
            UserData = data,
        };
        DarwinAbi.Kevent64 receipt = default; // room for it alone: no event is taken away from the reactor's thread
        int count = _system.Kevent(_kqueue.Number, new ReadOnlySpan<DarwinAbi.Kevent64>(in change), new Span<DarwinAbi.Kevent64>(ref receipt));
        return count < 0 ? -count : count > 0 && (receipt.Flags & DarwinAbi.EV_ERROR) != 0 ? (int)receipt.Data : 0;
    }

    private void Run()
    {
        DarwinAbi.Kevent64[] events = new DarwinAbi.Kevent64[BatchSize];
        int pause = FirstPause;
        while (true)
        {
            int count = _system.Kevent(_kqueue.Number, default, events);
            if (count is -DarwinAbi.EBADF or -DarwinAbi.EINVAL)
            {
                GiveUp();
                return;
            }

            if (count < 0)
            {
                _system.Pause(pause); // it may pass, and is not worth a processor
                pause = Math.Min(pause * 2, LongestPause);
                continue;
            }

            pause = FirstPause;
            for (int i = 0; i < count; i++)
            {
                if (events[i].Filter == DarwinAbi.EVFILT_USER)
                {
                    return;
                }

                Find(events[i].UserData)?.OnEvent(events[i]);
            }
        }
    }

    // Somebody in the host has closed the kqueue, which is not theirs. Children are looked at from now on, pipes and starts say what is wrong.
    private void GiveUp()
    {
        List<IDarwinEntry> entries;
        lock (_gate)
        {
            entries = [.. _slots[.._used].Select(static slot => slot.Entry).OfType<IDarwinEntry>()];
        }

        DarwinAbi.Kevent64 end = new() { Filter = DarwinAbi.EVFILT_PROC, Flags = DarwinAbi.EV_EOF, FilterFlags = DarwinAbi.NOTE_EXIT };
        entries.ForEach(entry => entry.OnEvent(end));
    }

    private IDarwinEntry? Find(ulong data)
    {
        lock (_gate)
        {
            ref Slot slot = ref _slots[(int)(uint)data];
            return slot.Version == (uint)(data >> 32) ? slot.Entry : null;
        }
    }

    private struct Slot
    {
        internal IDarwinEntry? Entry;
        internal uint Version;
    }
}
