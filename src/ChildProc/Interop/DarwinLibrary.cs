using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>libSystem, the C library of macOS with libproc inside: declarations only.</summary>
/// <remarks>
/// On arm64 Apple passes the variadic arguments of a call on the stack, whatever registers are free ("Writing ARM64 code for
/// Apple platforms", Variadic functions), so a plain declaration of fcntl, ioctl or open hands over garbage there. The
/// declarations …OnStack fill the eight argument registers first: what follows is then on the stack, in the eight bytes where
/// va_arg looks for it. On x64 variadic arguments are in registers like all others, so the plain ones are right.
/// <see cref="DarwinVariadic"/> chooses.
/// </remarks>
[SupportedOSPlatform("macos")]
internal static unsafe partial class DarwinLibrary
{
    private const string Library = "/usr/lib/libSystem.B.dylib";

    [LibraryImport(Library)]
    internal static partial int posix_spawn(int* pid, byte* path, nint* actions, nint* attributes, byte** arguments, byte** variables);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_init(nint* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_destroy(nint* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_adddup2(nint* actions, int descriptor, int target);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addinherit_np(nint* actions, int descriptor); // macOS 10.7

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addopen(nint* actions, int descriptor, byte* path, int flags, ushort mode);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addchdir_np(nint* actions, byte* path); // macOS 10.15

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_init(nint* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_destroy(nint* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setflags(nint* attributes, short flags);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setpgroup(nint* attributes, int group);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigdefault(nint* attributes, uint* signals); // sigset_t is 32 bits

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigmask(nint* attributes, uint* signals);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int wait4(int pid, int* status, int options, DarwinAbi.Usage* usage);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitid(int kind, uint id, DarwinAbi.SignalInfo* information, int options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kill(int process, int signal);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int killpg(int group, int signal);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int proc_listpids(uint type, uint of, void* buffer, int size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int proc_pidinfo(int pid, int flavor, ulong argument, void* buffer, int size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kqueue();

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kevent64(
        int kqueue, DarwinAbi.Kevent64* changes, int changeCount, DarwinAbi.Kevent64* events, int eventCount, uint flags, void* timeout);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int pipe(int* pair);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(DarwinAbi.PollDescriptor* descriptors, uint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int access(string path, int mode);

    [LibraryImport(Library)]
    internal static partial int tcgetpgrp(int descriptor);

    [LibraryImport(Library)]
    internal static partial int usleep(uint microseconds);

    // ---- Variadic ----

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, nint value);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int fcntlOnStack(int descriptor, int command, nint x2, nint x3, nint x4, nint x5, nint x6, nint x7, nint value);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl(int descriptor, nuint request, int* value);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctlOnStack(int descriptor, nuint request, nint x2, nint x3, nint x4, nint x5, nint x6, nint x7, int* value);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, nint mode);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int openOnStack(string path, int flags, nint x2, nint x3, nint x4, nint x5, nint x6, nint x7, nint mode);
}
