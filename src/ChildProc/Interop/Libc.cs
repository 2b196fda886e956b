using System.Runtime.InteropServices;

namespace ChildProc.Interop;

/// <summary>The C library on Linux, glibc and musl: declarations only.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    internal const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, EBADF = 9, ECHILD = 10, EAGAIN = 11, ENOMEM = 12,
        EACCES = 13, ENODEV = 19, ENOTDIR = 20, EINVAL = 22, ENFILE = 23, EMFILE = 24, ETXTBSY = 26, ENOSPC = 28, EPIPE = 32,
        ENAMETOOLONG = 36, ENOSYS = 38, ELOOP = 40, ECONNRESET = 104, ENOBUFS = 105, ENOTCONN = 107, ETOOMANYREFS = 109, ETIMEDOUT = 110,
        ESTALE = 116, EDQUOT = 122;

    internal const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200,
        O_APPEND = 0x400, O_NOCTTY = 0x100, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000, O_PATH = 0x200000;

    // fcntl.h differs between the architectures in this one.
    internal static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    // A file without a name in that directory, open(2).
    internal static readonly int O_TMPFILE = 0x400000 | O_DIRECTORY;

    internal const int AF_UNIX = 1, SOCK_SEQPACKET = 5, SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1, SCM_RIGHTS = 1, SHUT_RDWR = 2;
    internal const int MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000;
    internal const int F_GETFD = 1, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030, F_SETPIPE_SZ = 1031, F_ADD_SEALS = 1033;
    internal const int F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8;
    internal const uint MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_EXEC = 0x10;
    internal const short POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16;
    internal const uint EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 16, EPOLLONESHOT = 1u << 30;
    internal const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3, EPOLL_CLOEXEC = 0x80000;
    internal const int EFD_CLOEXEC = 0x80000, EFD_NONBLOCK = 0x800;
    internal const int SEEK_CUR = 1;
    internal const uint SPLICE_F_MOVE = 1, SPLICE_F_NONBLOCK = 2;
    internal const int P_PID = 1, P_PIDFD = 3, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x1000000;
    internal const int PR_GET_SECCOMP = 21, PR_GET_CHILD_SUBREAPER = 37, PR_GET_NO_NEW_PRIVS = 39;
    internal const nuint FIONREAD = 0x541B;
    internal const nuint PIDFD_GET_INFO = 0xC040FF0B; // for a struct pidfd_info of 64 bytes, linux/pidfd.h
    internal const short POSIX_SPAWN_SETPGROUP = 2, POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_SETSID = 0x80;
    internal const nint SYS_pidfd_open = 434, SYS_pidfd_send_signal = 424;
    internal const int TCSANOW = 0;
    internal const nuint TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414, TIOCGPTPEER = 0x5441, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431,
        TIOCSIG = 0x40045436;
    internal const int SIGTTOU = 22, SIG_BLOCK = 0, SIG_SETMASK = 2;

    internal const int SIGKILL = 9, SIGCONT = 18, SIGSTOP = 19;

    internal static nint SYS_waitid => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 95 : 247;

    internal static nint SYS_statx => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 291 : 332;

    internal static nint SYS_capget => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 90 : 125;

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector { internal void* Base; internal nuint Length; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal void* Name;
        internal uint NameLength;
        internal IoVector* Vectors;
        internal nuint VectorCount;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ControlHeader { internal nuint Length; internal int Level; internal int Type; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor { internal int Descriptor; internal short Events; internal short Returned; }

    /// <summary>struct epoll_event: packed on x86-64 only.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct EpollEventX64 { internal uint Events; internal ulong Data; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct EpollEventArm64 { internal uint Events; internal ulong Data; }

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recvmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recv(int socket, void* buffer, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint send(int socket, void* buffer, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int shutdown(int socket, int how);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int pipe2(int* pair, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, nint value);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(int descriptor, nuint request, int* value);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_ctl(int epoll, int operation, int descriptor, void* ev);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_wait(int epoll, void* events, int count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, int mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlink(string path);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statvfs(string path, nuint* result);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int access(byte* path, int mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int memfd_create(string name, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int posix_spawn(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** variables);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport(Library)]
    internal static partial int tcgetattr(int descriptor, byte* modes);

    [LibraryImport(Library)]
    internal static partial int tcsetattr(int descriptor, int when, byte* modes);

    [LibraryImport(Library)]
    internal static partial int tcgetpgrp(int descriptor);

    [LibraryImport(Library)]
    internal static partial int tcsetpgrp(int descriptor, int group);

    [LibraryImport(Library)]
    internal static partial int pthread_sigmask(int how, void* set, void* before);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kill(int process, int signal);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchown(int descriptor, uint user, uint group);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addclose(void* actions, int descriptor);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_adddup2(void* actions, int descriptor, int target);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addopen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setpgroup(void* attributes, int group);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigmask(void* attributes, void* mask);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitid(int kind, uint id, void* information, int options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint syscall(nint number, nint first, nint second);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall5(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport(Library)]
    internal static partial uint geteuid();

    [LibraryImport(Library)]
    internal static partial uint getegid();

    [LibraryImport(Library)]
    internal static partial int getrusage(int who, long* usage);

    [LibraryImport(Library)]
    internal static partial int getpgrp();

    [LibraryImport(Library)]
    internal static partial int getsid(int process);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getgroups(int count, uint* groups);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
