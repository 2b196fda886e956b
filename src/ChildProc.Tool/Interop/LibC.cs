using System.Runtime.InteropServices;

namespace ChildProc.Tool.Interop;

/// <summary>What the tool asks of the C library; glibc and musl alike.</summary>
internal static unsafe partial class LibC
{
    internal const int P_ALL = 0, P_PID = 1, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x1000000, CLD_EXITED = 1;
    internal const int PR_SET_CHILD_SUBREAPER = 36, CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1;
    internal const int ENOENT = 2, EINTR = 4, EAGAIN = 11, EACCES = 13, ENOTDIR = 20, ENOEXEC = 8, ENOBUFS = 105, ECHILD = 10;
    internal const short POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8;
    internal const int AF_NETLINK = 16, SOCK_DGRAM = 2, SOCK_CLOEXEC = 0x80000, NETLINK_CONNECTOR = 11, SOL_SOCKET = 1, SO_RCVBUF = 8, SO_RCVBUFFORCE = 33;
    internal const short POLLIN = 1;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitid(int idType, uint id, SignalInfo* info, int options);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    internal static partial int clock_gettime(int clock, long* time);

    [LibraryImport("libc")]
    internal static partial int getpgrp();

    [LibraryImport("libc")]
    internal static partial int tcgetpgrp(int fd);

    [LibraryImport("libc")]
    internal static partial int getppid();

    [LibraryImport("libc")]
    internal static partial int posix_spawn(int* pid, byte* path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_setsigdefault(void* attributes, ulong* set);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_setsigmask(void* attributes, ulong* set);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_addopen(void* actions, int fd, byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int access(byte* path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(int socket, void* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint send(int socket, void* data, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recv(int socket, void* data, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsockopt(int socket, int level, int name, void* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(PollDescriptor* descriptors, ulong count, int timeout);

    [LibraryImport("libc")]
    internal static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mkfifo(byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int open(byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int fd, void* data, nint length);

    /// <summary>siginfo_t of SIGCHLD, as on x64 and arm64.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct SignalInfo
    {
        internal int Signal;
        internal int Errno;
        internal int Code;
        private readonly int _padding;
        internal int Pid;
        internal uint Uid;
        internal int Status;
    }

    internal struct PollDescriptor
    {
        internal int Fd;
        internal short Events;
        internal short Returned;
    }

    internal static long Now(int clock = CLOCK_MONOTONIC)
    {
        long* time = stackalloc long[2];
        _ = clock_gettime(clock, time);
        return time[0] * 1_000_000_000 + time[1];
    }

    /// <summary>CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds: the best of a few tries.</summary>
    internal static long ClockOffset()
    {
        long best = 0, width = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = Now(), real = Now(CLOCK_REALTIME), after = Now();
            if (after - before < width)
                (width, best) = (after - before, real - (before + (after - before) / 2));
        }

        return best;
    }
}
