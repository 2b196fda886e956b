using System.Text;
using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;

namespace ChildProc.Tests.Engines.Darwin;

/// <content>Descriptors, pipes and the kqueue.</content>
internal sealed partial class ScriptedKernel
{
    private sealed record Slot(ScriptedFile File)
    {
        internal bool CloseOnExec { get; set; }

        internal bool Inherits { get; set; }
    }

    private sealed class Knote
    {
        internal required DarwinAbi.Kevent64 Change;
        internal uint Notes;
        internal long Data;
        internal bool Triggered;
    }

    private readonly Dictionary<int, Slot> _descriptors = [];
    private readonly List<Knote> _knotes = [];

    /// <summary>What the host has open, beyond what it began with and the kqueue.</summary>
    internal List<string> OpenDescriptors
    {
        get
        {
            lock (_gate)
            {
                return [.. _descriptors.Where(static pair => pair.Key > 2 && pair.Value.File.Name != "kqueue").Select(static pair => $"{pair.Key} {pair.Value.File.Name}")];
            }
        }
    }

    /// <summary>The host opens a file of this name at this number.</summary>
    internal void OpenAt(int number, string name, bool closeOnExec = true)
    {
        lock (_gate)
        {
            Detach(number);
            Attach(_descriptors, number, new ScriptedFile { Name = name }, closeOnExec);
        }
    }

    internal void CloseAt(int number)
    {
        lock (_gate)
        {
            Detach(number);
        }
    }

    /// <summary>The child writes to its standard output or another of its descriptors.</summary>
    internal void Write(ScriptedProcess process, int number, string text)
    {
        lock (_gate)
        {
            foreach (byte b in Encoding.UTF8.GetBytes(text))
            {
                process.Files[number].Pipe!.Bytes.Enqueue(b);
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>What is there for the child to read; it stays there.</summary>
    internal string Peek(ScriptedProcess process, int number)
    {
        lock (_gate)
        {
            return Encoding.UTF8.GetString([.. process.Files[number].Pipe!.Bytes]);
        }
    }

    // ---- Descriptors ----

    public int Pipe(out int reads, out int writes)
    {
        lock (_gate)
        {
            (reads, writes) = (-1, -1);
            int error = Enter("pipe");
            if (error != 0)
            {
                return error;
            }

            ScriptedPipe pipe = new() { Reads = null!, Writes = null! };
            (pipe.Reads, pipe.Writes) = (new ScriptedFile { Name = "pipe", Pipe = pipe }, new ScriptedFile { Name = "pipe", Pipe = pipe, Writes = true });
            Attach(_descriptors, reads = Free(0), pipe.Reads, closeOnExec: false);
            Attach(_descriptors, writes = Free(0), pipe.Writes, closeOnExec: false);
            return 0;
        }
    }

    public int Control(int descriptor, int command, int value)
    {
        lock (_gate)
        {
            string name = command switch
            {
                DarwinAbi.F_GETFD => "getfd",
                DarwinAbi.F_SETFD => "setfd",
                DarwinAbi.F_SETFL => "setfl",
                DarwinAbi.F_DUPFD_CLOEXEC => "dup",
                _ => throw new InvalidOperationException($"fcntl {command}"),
            };
            int error = Enter($"{name} {descriptor}");
            if (error != 0 || !_descriptors.TryGetValue(descriptor, out Slot? slot))
            {
                return error != 0 ? -error : -DarwinAbi.EBADF;
            }

            switch (command)
            {
                case DarwinAbi.F_SETFD:
                    slot.CloseOnExec = (value & DarwinAbi.FD_CLOEXEC) != 0;
                    return 0;
                case DarwinAbi.F_SETFL:
                    slot.File.NonBlocking = (value & DarwinAbi.O_NONBLOCK) != 0;
                    return 0;
                case DarwinAbi.F_DUPFD_CLOEXEC:
                    int copy = Free(value);
                    Attach(_descriptors, copy, slot.File, closeOnExec: true);
                    return copy;
                default:
                    return slot.CloseOnExec ? DarwinAbi.FD_CLOEXEC : 0;
            }
        }
    }

    public int Open(string path, int flags, int mode)
    {
        lock (_gate)
        {
            int error = Enter($"open {path}");
            if (error != 0)
            {
                return -error;
            }

            int number = Free(0);
            Attach(_descriptors, number, new ScriptedFile { Name = path }, (flags & DarwinAbi.O_CLOEXEC) != 0);
            return number;
        }
    }

    public void Close(int descriptor)
    {
        lock (_gate)
        {
            Assert.True(_descriptors.ContainsKey(descriptor), $"descriptor {descriptor} is closed twice");
            Detach(descriptor);
        }
    }

    public int Read(int descriptor, Span<byte> buffer)
    {
        lock (_gate)
        {
            ScriptedPipe pipe = _descriptors[descriptor].File.Pipe!;
            if (pipe.Bytes.Count == 0)
            {
                return pipe.HasWriters ? -DarwinAbi.EAGAIN : 0;
            }

            int count = 0;
            while (count < buffer.Length && pipe.Bytes.TryDequeue(out byte b))
            {
                buffer[count++] = b;
            }

            Monitor.PulseAll(_gate);
            return count;
        }
    }

    public int Write(int descriptor, ReadOnlySpan<byte> buffer)
    {
        lock (_gate)
        {
            string text = Encoding.UTF8.GetString(buffer);
            int error = Enter($"write {text.Replace('\n', ' ').TrimEnd()}");
            if (error != 0)
            {
                return -error;
            }

            ScriptedPipe pipe = _descriptors[descriptor].File.Pipe!;
            if (!pipe.HasReaders)
            {
                return -DarwinAbi.EPIPE;
            }

            int room = Math.Min(buffer.Length, ScriptedPipe.Capacity - pipe.Bytes.Count);
            for (int i = 0; i < room; i++)
            {
                pipe.Bytes.Enqueue(buffer[i]);
            }

            Monitor.PulseAll(_gate);
            return room > 0 ? room : -DarwinAbi.EAGAIN;
        }
    }

    public int Readable(int descriptor)
    {
        lock (_gate)
        {
            return _descriptors[descriptor].File.Pipe!.Bytes.Count;
        }
    }

    public int Poll(int descriptor, short events, int milliseconds)
    {
        lock (_gate)
        {
            Enter($"poll {descriptor}");
            ScriptedFile file = _descriptors[descriptor].File;
            if (file.Pipe is not { } pipe)
            {
                return events;
            }

            bool end = file.Writes ? !pipe.HasReaders : !pipe.HasWriters;
            bool ready = file.Writes ? pipe.HasReaders && pipe.Bytes.Count < ScriptedPipe.Capacity : pipe.Bytes.Count > 0 || end;
            return (ready ? events : 0) | (end ? DarwinAbi.POLLHUP : 0);
        }
    }

    public bool CanSeek(int descriptor)
    {
        lock (_gate)
        {
            return _descriptors[descriptor].File is { Pipe: null, Name: not "terminal" };
        }
    }

    public int Access(string path, int mode)
    {
        lock (_gate)
        {
            return Inaccessible.GetValueOrDefault(path);
        }
    }

    // ---- Events ----

    public int Kqueue()
    {
        lock (_gate)
        {
            int error = Enter("kqueue");
            if (error != 0)
            {
                return -error;
            }

            int number = Free(0);
            Attach(_descriptors, number, new ScriptedFile { Name = "kqueue" }, closeOnExec: true);
            return number;
        }
    }

    public int Kevent(int kqueue, ReadOnlySpan<DarwinAbi.Kevent64> changes, Span<DarwinAbi.Kevent64> events)
    {
        lock (_gate)
        {
            Assert.Equal("kqueue", _descriptors[kqueue].File.Name);
            int count = 0;
            foreach (DarwinAbi.Kevent64 change in changes)
            {
                Assert.NotEqual(0, change.Flags & DarwinAbi.EV_RECEIPT);
                events[count] = change;
                events[count].Flags |= DarwinAbi.EV_ERROR;
                events[count++].Data = Apply(change);
                Monitor.PulseAll(_gate);
            }

            if (changes.IsEmpty && Enter("events") is > 0 and int error)
            {
                return -error;
            }

            while (count == 0)
            {
                foreach (Knote note in _knotes.ToArray())
                {
                    if (count < events.Length && IsActive(note, out ushort flags, out long data))
                    {
                        events[count] = note.Change;
                        events[count].Flags |= flags;
                        events[count].FilterFlags = note.Change.Filter == DarwinAbi.EVFILT_PROC ? note.Notes : 0;
                        events[count++].Data = data;
                        if ((note.Change.Flags & DarwinAbi.EV_ONESHOT) != 0 || (note.Notes & DarwinAbi.NOTE_EXIT) != 0)
                        {
                            _knotes.Remove(note);
                        }

                        (note.Notes, note.Triggered) = (0, false);
                    }
                }

                if (count == 0)
                {
                    Monitor.Wait(_gate);
                }
            }

            return count;
        }
    }

    private int Apply(in DarwinAbi.Kevent64 change)
    {
        (ulong ident, short filter) = (change.Ident, change.Filter);
        Knote? note = _knotes.Find(n => n.Change.Ident == ident && n.Change.Filter == filter);
        int error = filter == DarwinAbi.EVFILT_PROC && (change.Flags & DarwinAbi.EV_ADD) != 0 ? Enter($"watch {ident}") : 0;
        if (error != 0)
        {
            return error;
        }

        if ((change.Flags & DarwinAbi.EV_DELETE) != 0)
        {
            return note is not null && _knotes.Remove(note) ? 0 : DarwinAbi.ENOENT;
        }

        if (filter == DarwinAbi.EVFILT_PROC && !(_processes.TryGetValue((int)ident, out ScriptedProcess? process) && process.IsAlive))
        {
            return DarwinAbi.ESRCH;
        }

        if (filter is DarwinAbi.EVFILT_READ or DarwinAbi.EVFILT_WRITE && !_descriptors.ContainsKey((int)ident))
        {
            return DarwinAbi.EBADF;
        }

        if ((change.Flags & DarwinAbi.EV_ADD) == 0)
        {
            note!.Triggered = (change.FilterFlags & DarwinAbi.NOTE_TRIGGER) != 0;
        }
        else if (note is null)
        {
            _knotes.Add(new Knote { Change = change });
        }
        else
        {
            note.Change = change;
        }

        return 0;
    }

    private bool IsActive(Knote note, out ushort flags, out long data)
    {
        (flags, data) = (0, note.Data);
        if (note.Change.Filter is not (DarwinAbi.EVFILT_READ or DarwinAbi.EVFILT_WRITE))
        {
            return note.Triggered || note.Notes != 0;
        }

        ScriptedFile file = _descriptors[(int)note.Change.Ident].File;
        ScriptedPipe pipe = file.Pipe!;
        bool end = file.Writes ? !pipe.HasReaders : !pipe.HasWriters;
        flags = end ? DarwinAbi.EV_EOF : (ushort)0;
        data = file.Writes ? ScriptedPipe.Capacity - pipe.Bytes.Count : pipe.Bytes.Count; // what is left, also beside EV_EOF
        return end || data > 0;
    }

    private void Post(int pid, uint note, int status)
    {
        foreach (Knote knote in _knotes.Where(n => n.Change.Filter == DarwinAbi.EVFILT_PROC && n.Change.Ident == (ulong)pid && (n.Change.FilterFlags & note) != 0))
        {
            knote.Notes |= note;
            if (note == DarwinAbi.NOTE_EXIT && (knote.Change.FilterFlags & DarwinAbi.NOTE_EXITSTATUS) != 0)
            {
                knote.Notes |= DarwinAbi.NOTE_EXITSTATUS;
                knote.Data = status & DarwinAbi.NOTE_PDATAMASK;
            }
        }

        Monitor.PulseAll(_gate);
    }

    // ---- posix_spawn ----

    // The file actions, on a copy of the host's table: kern_exec.c, exec_handle_file_actions.
    private int Place(IReadOnlyList<SpawnAction> actions, out Dictionary<int, ScriptedFile> files)
    {
        Dictionary<int, Slot> table = _descriptors.ToDictionary(static pair => pair.Key, static pair => new Slot(pair.Value.File) { CloseOnExec = pair.Value.CloseOnExec });
        files = [];
        foreach (SpawnAction action in actions)
        {
            switch (action.Kind)
            {
                case SpawnActionKind.Null:
                    table[action.Target] = new Slot(new ScriptedFile { Name = "/dev/null" });
                    break;
                case SpawnActionKind.Duplicate when !table.ContainsKey(action.Source):
                case SpawnActionKind.Inherit when !table.ContainsKey(action.Target):
                    return DarwinAbi.EBADF;
                case SpawnActionKind.Duplicate when action.Source != action.Target:
                    table[action.Target] = new Slot(table[action.Source].File);
                    break;
                case SpawnActionKind.Inherit:
                    table[action.Target].CloseOnExec = false;
                    break;
            }
        }

        foreach (SpawnAction action in actions)
        {
            table[action.Target].Inherits = true;
        }

        // fdexec: what is not named is closed, and what is named but has close-on-exec, too.
        files = table.Where(static pair => pair.Value is { Inherits: true, CloseOnExec: false }).ToDictionary(static pair => pair.Key, static pair => pair.Value.File);
        return 0;
    }

    private static void Attach(Dictionary<int, Slot> table, int number, ScriptedFile file, bool closeOnExec)
    {
        file.References++;
        table[number] = new Slot(file) { CloseOnExec = closeOnExec };
    }

    private void Detach(int number)
    {
        if (_descriptors.Remove(number, out Slot? slot))
        {
            slot.File.References--;
            _knotes.RemoveAll(n => n.Change.Filter is DarwinAbi.EVFILT_READ or DarwinAbi.EVFILT_WRITE && n.Change.Ident == (ulong)number);
            Monitor.PulseAll(_gate);
        }
    }

    private int Free(int from)
    {
        while (_descriptors.ContainsKey(from))
        {
            from++;
        }

        return from;
    }
}
