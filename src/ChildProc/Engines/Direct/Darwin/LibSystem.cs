using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>The real system: macOS 10.15 and later.</summary>
[SupportedOSPlatform("macos")]
internal sealed unsafe class LibSystem : IDarwinSystem
{
    public int Spawn(DarwinSpawn spawn, out int pid)
    {
        nint actions = 0, attributes = 0;
        int error = DarwinLibrary.posix_spawn_file_actions_init(&actions);
        if (error != 0)
        {
            pid = 0;
            return error;
        }

        error = DarwinLibrary.posix_spawnattr_init(&attributes);
        if (error != 0)
        {
            pid = 0;
            _ = DarwinLibrary.posix_spawn_file_actions_destroy(&actions);
            return error;
        }

        try
        {
            error = SetAttributes(&attributes, spawn.Flags);
            error = error != 0 ? error : AddActions(&actions, spawn);
            pid = 0;
            return error != 0 ? error : Spawn(spawn, &actions, &attributes, out pid);
        }
        finally
        {
            _ = DarwinLibrary.posix_spawn_file_actions_destroy(&actions);
            _ = DarwinLibrary.posix_spawnattr_destroy(&attributes);
        }
    }

    public int Wait(int pid, out int status, out DarwinAbi.Usage usage)
    {
        int seen = 0, result;
        DarwinAbi.Usage used = default;
        do
        {
            result = DarwinLibrary.wait4(pid, &seen, DarwinAbi.WNOHANG, &used);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == DarwinAbi.EINTR);
        status = seen;
        usage = used;
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    public int Peek(int pid)
    {
        const int Options = DarwinAbi.WEXITED | DarwinAbi.WNOHANG | DarwinAbi.WNOWAIT;
        DarwinAbi.SignalInfo information = default; // not touched while there is nothing (trap 82)
        int result;
        do
        {
            result = DarwinLibrary.waitid(DarwinAbi.P_PID, (uint)pid, &information, Options);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == DarwinAbi.EINTR);
        return result < 0 ? -Marshal.GetLastPInvokeError() : information.Process;
    }

    public int Kill(int pid, int signal) => Error(DarwinLibrary.kill(pid, signal));

    public int KillGroup(int group, int signal) => Error(DarwinLibrary.killpg(group, signal));

    public int List(uint type, int of, Span<int> pids)
    {
        fixed (int* at = pids)
        {
            int bytes = DarwinLibrary.proc_listpids(type, (uint)of, at, pids.Length * sizeof(int));
            return bytes > 0 ? bytes / sizeof(int) : -Marshal.GetLastPInvokeError(); // 0 is how it says that it failed
        }
    }

    public int Identify(int pid, out DarwinAbi.UniqueIdentifier identifier)
        => Information(pid, DarwinAbi.PROC_PIDUNIQIDENTIFIERINFO, out identifier);

    public int Describe(int pid, out DarwinAbi.ShortInfo info) => Information(pid, DarwinAbi.PROC_PIDT_SHORTBSDINFO, out info);

    public int ForegroundGroup(int descriptor) => DarwinLibrary.tcgetpgrp(descriptor);

    public void Pause(int microseconds) => _ = DarwinLibrary.usleep((uint)microseconds);

    public int Kqueue() => Result(DarwinLibrary.kqueue());

    public int Kevent(int kqueue, ReadOnlySpan<DarwinAbi.Kevent64> changes, Span<DarwinAbi.Kevent64> events)
    {
        fixed (DarwinAbi.Kevent64* change = changes, at = events)
        {
            int count;
            do
            {
                count = DarwinLibrary.kevent64(kqueue, change, changes.Length, at, events.Length, 0, null);
            }
            while (count < 0 && changes.IsEmpty && Marshal.GetLastPInvokeError() == DarwinAbi.EINTR); // changes are made before it waits
            return Result(count);
        }
    }

    public int Pipe(out int reads, out int writes)
    {
        int* pair = stackalloc int[2];
        int error = Error(DarwinLibrary.pipe(pair));
        (reads, writes) = error == 0 ? (pair[0], pair[1]) : (-1, -1);
        return error;
    }

    public int Control(int descriptor, int command, int value) => Result(DarwinVariadic.Fcntl(descriptor, command, value));

    public int Open(string path, int flags, int mode)
    {
        int descriptor;
        do
        {
            descriptor = DarwinVariadic.Open(path, flags, mode);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == DarwinAbi.EINTR);
        return Result(descriptor);
    }

    public void Close(int descriptor) => _ = DarwinLibrary.close(descriptor);

    public int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* at = buffer)
        {
            nint count;
            do
            {
                count = DarwinLibrary.read(descriptor, at, (nuint)buffer.Length);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == DarwinAbi.EINTR);
            return Result((int)count);
        }
    }

    public int Write(int descriptor, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* at = buffer)
        {
            nint count;
            do
            {
                count = DarwinLibrary.write(descriptor, at, (nuint)buffer.Length);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == DarwinAbi.EINTR);
            return Result((int)count);
        }
    }

    public int Readable(int descriptor)
    {
        int count = 0;
        return DarwinVariadic.Ioctl(descriptor, DarwinAbi.FIONREAD, &count) < 0 ? -Marshal.GetLastPInvokeError() : count;
    }

    public int Poll(int descriptor, short events, int milliseconds)
    {
        DarwinAbi.PollDescriptor poll = new() { Descriptor = descriptor, Events = events };
        int count;
        do
        {
            count = DarwinLibrary.poll(&poll, 1, milliseconds);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == DarwinAbi.EINTR);
        return count < 0 ? -Marshal.GetLastPInvokeError() : poll.Returned;
    }

    public bool CanSeek(int descriptor) => DarwinLibrary.lseek(descriptor, 0, DarwinAbi.SEEK_CUR) >= 0;

    public int Access(string path, int mode) => Error(DarwinLibrary.access(path, mode));

    private static int SetAttributes(nint* attributes, short flags)
    {
        const short Always = DarwinAbi.POSIX_SPAWN_CLOEXEC_DEFAULT | DarwinAbi.POSIX_SPAWN_SETSIGDEF | DarwinAbi.POSIX_SPAWN_SETSIGMASK;
        uint all = uint.MaxValue, none = 0;
        int error = DarwinLibrary.posix_spawnattr_setflags(attributes, (short)(flags | Always));
        error = error != 0 ? error : DarwinLibrary.posix_spawnattr_setsigdefault(attributes, &all);
        error = error != 0 ? error : DarwinLibrary.posix_spawnattr_setsigmask(attributes, &none);
        return error != 0 ? error : DarwinLibrary.posix_spawnattr_setpgroup(attributes, 0);
    }

    private static int AddActions(nint* actions, DarwinSpawn spawn)
    {
        int error = 0;
        foreach (SpawnAction action in spawn.Actions)
        {
            fixed (byte* device = "/dev/null\0"u8)
            {
                error = action.Kind switch
                {
                    SpawnActionKind.Duplicate => DarwinLibrary.posix_spawn_file_actions_adddup2(actions, action.Source, action.Target),
                    SpawnActionKind.Inherit => DarwinLibrary.posix_spawn_file_actions_addinherit_np(actions, action.Target),
                    _ => DarwinLibrary.posix_spawn_file_actions_addopen(actions, action.Target, device, DarwinAbi.O_RDWR, 0),
                };
            }

            if (error != 0)
            {
                return error;
            }
        }

        if (spawn.Directory is { } directory)
        {
            fixed (byte* path = Terminated(directory))
            {
                error = DarwinLibrary.posix_spawn_file_actions_addchdir_np(actions, path);
            }
        }

        return error;
    }

    private static int Spawn(DarwinSpawn spawn, nint* actions, nint* attributes, out int pid)
    {
        int started = 0, pointers = spawn.ArgumentCount + spawn.VariableCount + 2;
        byte** table = (byte**)NativeMemory.Alloc((nuint)pointers, (nuint)sizeof(byte*));
        try
        {
            fixed (byte* strings = spawn.Strings, path = Terminated(spawn.Path))
            {
                byte** variables = table + spawn.ArgumentCount + 1;
                byte* next = Point(table, spawn.ArgumentCount, strings);
                Point(variables, spawn.VariableCount, next);
                int error = DarwinLibrary.posix_spawn(&started, path, actions, attributes, table, variables);
                pid = started;
                return error;
            }
        }
        finally
        {
            NativeMemory.Free(table);
        }
    }

    // Returns what follows the last of them.
    private static byte* Point(byte** table, int count, byte* strings)
    {
        for (int i = 0; i < count; i++)
        {
            table[i] = strings;
            strings += MemoryMarshal.CreateReadOnlySpanFromNullTerminated(strings).Length + 1;
        }

        table[count] = null;
        return strings;
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static int Information<T>(int pid, int flavor, out T information)
        where T : unmanaged
    {
        fixed (T* at = &information)
        {
            *at = default;
            int size = DarwinLibrary.proc_pidinfo(pid, flavor, 0, at, sizeof(T)); // argument 0: no zombies
            return size == sizeof(T) ? 0 : size > 0 ? DarwinAbi.EINVAL : Marshal.GetLastPInvokeError();
        }
    }

    private static int Error(int result) => result == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static int Result(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
