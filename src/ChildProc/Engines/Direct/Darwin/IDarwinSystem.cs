using ChildProc.Interop;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>All that the macOS engine asks of its system: a test puts a scripted kernel in its place.</summary>
/// <remarks>Calls that are interrupted (EINTR) are made again, but for the spawn. None blocks, but for the spawn and the event loop.</remarks>
internal interface IDarwinSystem
{
    // ---- Processes ----

    /// <summary>posix_spawn: 0 or errno.</summary>
    int Spawn(DarwinSpawn spawn, out int pid);

    /// <summary>wait4 with WNOHANG: the pid, 0 while it lives, or a negative errno.</summary>
    int Wait(int pid, out int status, out DarwinAbi.Usage usage);

    /// <summary>waitid with WNOHANG and WNOWAIT, which leaves it a zombie: the pid when it is one, 0 before, or a negative errno.</summary>
    int Peek(int pid);

    /// <summary>0 or errno.</summary>
    int Kill(int pid, int signal);

    /// <summary>killpg: 0 or errno; EPERM also when none but zombies are left in it.</summary>
    int KillGroup(int group, int signal);

    /// <summary>proc_listpids, zombies included: how many, or a negative errno. A full buffer may be short of some.</summary>
    int List(uint type, int of, Span<int> pids);

    /// <summary>The numbers of a process that lives: 0, or ESRCH for a zombie, too.</summary>
    int Identify(int pid, out DarwinAbi.UniqueIdentifier identifier);

    /// <summary>Group, state and command of a process that lives: 0 or errno.</summary>
    int Describe(int pid, out DarwinAbi.ShortInfo info);

    /// <summary>tcgetpgrp: the foreground group of a terminal, or -1 for what is none.</summary>
    int ForegroundGroup(int descriptor);

    /// <summary>usleep, for the moment between the news of an exit and the zombie.</summary>
    void Pause(int microseconds);

    // ---- Events ----

    /// <summary>A descriptor, or a negative errno.</summary>
    int Kqueue();

    /// <summary>kevent64: how many events, or a negative errno. Without room for events it only makes the changes.</summary>
    int Kevent(int kqueue, ReadOnlySpan<DarwinAbi.Kevent64> changes, Span<DarwinAbi.Kevent64> events);

    // ---- Descriptors ----

    /// <summary>0 or errno.</summary>
    int Pipe(out int reads, out int writes);

    /// <summary>fcntl: its result, or a negative errno.</summary>
    int Control(int descriptor, int command, int value);

    /// <summary>A descriptor, or a negative errno.</summary>
    int Open(string path, int flags, int mode);

    /// <summary>Also when it says that it was interrupted, the descriptor is free.</summary>
    void Close(int descriptor);

    /// <summary>Bytes, 0 at the end, or a negative errno.</summary>
    int Read(int descriptor, Span<byte> buffer);

    /// <summary>Bytes, or a negative errno.</summary>
    int Write(int descriptor, ReadOnlySpan<byte> buffer);

    /// <summary>FIONREAD: bytes, or a negative errno.</summary>
    int Readable(int descriptor);

    /// <summary>poll of one descriptor: what is so, 0 when the time is over, or a negative errno.</summary>
    int Poll(int descriptor, short events, int milliseconds);

    /// <summary>It is a file with an offset.</summary>
    bool CanSeek(int descriptor);

    /// <summary>access: 0 or errno.</summary>
    int Access(string path, int mode);
}
