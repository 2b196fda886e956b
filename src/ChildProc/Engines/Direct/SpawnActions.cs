using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>What posix_spawn(3) is to do between fork and exec: one use, on one thread.</summary>
/// <remarks>Sources of descriptors are first moved above every target, so that none overwrites another (trap 30).</remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class SpawnActions : IDisposable
{
    private readonly byte* _actions; // posix_spawn_file_actions_t and posix_spawnattr_t: at most 80 and 336 bytes in glibc and musl
    private readonly byte* _attributes;
    private readonly List<Descriptor> _moved = [];
    private readonly List<nint> _texts = [];
    private readonly int _above;
    private short _flags;

    /// <param name="highestTarget">The highest number that a descriptor will get in the new process.</param>
    internal SpawnActions(int highestTarget)
    {
        _above = highestTarget + 1;
        _actions = (byte*)NativeMemory.AllocZeroed(512);
        _attributes = (byte*)NativeMemory.AllocZeroed(1024);
        Error = Libc.posix_spawn_file_actions_init(_actions);
        Note(Libc.posix_spawnattr_init(_attributes));
    }

    /// <summary>The first errno so far, or 0.</summary>
    internal int Error { get; private set; }

    /// <summary>The actions themselves, for what this class does not know.</summary>
    internal void* Actions => _actions;

    internal void Note(int error) => Error = Error == 0 ? error : Error;

    /// <summary>The signals that are blocked: all, or none.</summary>
    internal void SetMask(bool blockAll)
    {
        byte* set = stackalloc byte[128]; // sigset_t
        new Span<byte>(set, 128).Fill(blockAll ? (byte)0xFF : (byte)0);
        Note(Libc.posix_spawnattr_setsigmask(_attributes, set));
        _flags |= Libc.POSIX_SPAWN_SETSIGMASK;
    }

    /// <summary>Every signal has its default action again.</summary>
    internal void SetDefaultSignals()
    {
        byte* set = stackalloc byte[128];
        new Span<byte>(set, 128).Fill(0xFF);
        Note(Libc.posix_spawnattr_setsigdefault(_attributes, set));
        _flags |= Libc.POSIX_SPAWN_SETSIGDEF;
    }

    internal void NewSession() => _flags |= Libc.POSIX_SPAWN_SETSID; // glibc 2.26, musl 1.1.17

    internal void NewGroup()
    {
        Note(Libc.posix_spawnattr_setpgroup(_attributes, 0));
        _flags |= Libc.POSIX_SPAWN_SETPGROUP;
    }

    /// <summary>
    /// The null device. Opened here, where its absence can be told from that of the program. An input that is at its end is as good:
    /// spawn.c has the same rule.
    /// </summary>
    internal void OpenNull(int target)
    {
        int number = Libc.open("/dev/null", (target == 0 ? Libc.O_RDONLY : Libc.O_WRONLY) | Libc.O_CLOEXEC, 0);
        int* ends = stackalloc int[2];
        if (number < 0 && target == 0 && !Errno.MayPass(Marshal.GetLastPInvokeError()) && Libc.pipe2(ends, Libc.O_CLOEXEC) == 0)
        {
            number = ends[0];
            Libc.close(ends[1]);
        }

        PlaceNull(target, number);
    }

    /// <summary>
    /// The standard streams of a process of the library's own: the null device, or where there is none, something that can neither
    /// be read nor written. spawn.c knows it by that.
    /// </summary>
    internal void FillStreams()
    {
        int number = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (number < 0 && !Errno.MayPass(Marshal.GetLastPInvokeError()))
        {
            number = Libc.open("/", Libc.O_PATH | Libc.O_CLOEXEC, 0);
        }

        PlaceNull(0, number);
        Copy(0, 1);
        Copy(0, 2);
    }

    internal void Place(int source, int target)
    {
        int moved = MoveAside(source);
        if (moved >= 0)
        {
            Note(Libc.posix_spawn_file_actions_adddup2(_actions, moved, target));
        }
    }

    /// <summary>Of a target that is in place already.</summary>
    internal void Copy(int source, int target) => Note(Libc.posix_spawn_file_actions_adddup2(_actions, source, target));

    internal void Close(int number) => Note(Libc.posix_spawn_file_actions_addclose(_actions, number));

    private void PlaceNull(int target, int number)
    {
        if (number < 0)
        {
            Note(Marshal.GetLastPInvokeError());
            return;
        }

        using Descriptor opened = new(number);
        Place(number, target);
    }

    /// <summary>A copy of a descriptor that stands above every target, or -1.</summary>
    internal int MoveAside(int source)
    {
        int moved = Libc.fcntl(source, Libc.F_DUPFD_CLOEXEC, _above);
        if (moved < 0)
        {
            Note(Marshal.GetLastPInvokeError());
            return -1;
        }

        _moved.Add(new Descriptor(moved));
        return moved;
    }

    /// <summary>0 or errno.</summary>
    internal int Spawn(byte* path, byte** arguments, byte** variables, out int pid)
    {
        pid = 0;
        Note(Libc.posix_spawnattr_setflags(_attributes, _flags));
        int started = 0;
        int error = Error != 0 ? Error : Libc.posix_spawn(&started, path, _actions, _attributes, arguments, variables);
        pid = started;
        return error;
    }

    /// <summary>As above, without a single environment variable.</summary>
    internal int Spawn(string path, string[] arguments, out int pid)
    {
        byte** vector = stackalloc byte*[arguments.Length + 1];
        for (int i = 0; i < arguments.Length; i++)
        {
            vector[i] = Text(arguments[i]);
        }

        vector[arguments.Length] = null;
        byte** none = stackalloc byte*[1];
        none[0] = null;
        return Spawn(Text(path), vector, none, out pid);
    }

    public void Dispose()
    {
        _ = Libc.posix_spawn_file_actions_destroy(_actions);
        _ = Libc.posix_spawnattr_destroy(_attributes);
        NativeMemory.Free(_actions);
        NativeMemory.Free(_attributes);
        _moved.ForEach(static d => d.Dispose());
        _texts.ForEach(Marshal.FreeCoTaskMem);
    }

    private byte* Text(string text)
    {
        nint at = Marshal.StringToCoTaskMemUTF8(text);
        _texts.Add(at);
        return (byte*)at;
    }
}
