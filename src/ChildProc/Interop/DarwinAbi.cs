using System.Runtime.InteropServices;

namespace ChildProc.Interop;

/// <summary>Numbers and layouts of Darwin, the same on x64 and arm64. A test holds each against the header that it is from.</summary>
internal static unsafe class DarwinAbi
{
    // bsd/sys/errno.h
    internal const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10, EDEADLK = 11,
        ENOMEM = 12, EACCES = 13, ENODEV = 19, ENOTDIR = 20, EINVAL = 22, ENFILE = 23, EMFILE = 24, ETXTBSY = 26, EPIPE = 32, EAGAIN = 35,
        ETIMEDOUT = 60, ELOOP = 62, ENAMETOOLONG = 63, ESTALE = 70;

    // bsd/sys/fcntl.h, bsd/sys/unistd.h
    internal const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 4, O_APPEND = 8, O_CREAT = 0x200, O_TRUNC = 0x400, O_EXCL = 0x800,
        O_NOCTTY = 0x20000, O_CLOEXEC = 0x1000000;

    internal const int F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 67, FD_CLOEXEC = 1;
    internal const int F_OK = 0, X_OK = 1, SEEK_CUR = 1;

    // bsd/sys/filio.h: _IOR('f', 127, int)
    internal const nuint FIONREAD = 0x4004667F;

    // bsd/sys/poll.h
    internal const short POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16, POLLNVAL = 32;

    // bsd/sys/signal.h
    internal const int SIGKILL = 9, SIGSTOP = 17, SIGCONT = 19;

    // bsd/sys/wait.h
    internal const int P_PID = 1, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x20;

    // bsd/sys/spawn.h
    internal const short POSIX_SPAWN_SETPGROUP = 2, POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_START_SUSPENDED = 0x80,
        POSIX_SPAWN_SETSID = 0x400, POSIX_SPAWN_CLOEXEC_DEFAULT = 0x4000;

    // bsd/sys/event.h
    internal const short EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_PROC = -5, EVFILT_USER = -10;
    internal const ushort EV_ADD = 1, EV_DELETE = 2, EV_ONESHOT = 0x10, EV_CLEAR = 0x20, EV_RECEIPT = 0x40, EV_ERROR = 0x4000, EV_EOF = 0x8000;
    internal const uint NOTE_TRIGGER = 0x01000000, NOTE_EXIT = 0x80000000, NOTE_FORK = 0x40000000, NOTE_EXITSTATUS = 0x04000000, NOTE_PDATAMASK = 0x000FFFFF;

    // bsd/sys/proc_info.h, bsd/sys/proc_info_private.h, bsd/sys/proc.h
    internal const uint PROC_ALL_PIDS = 1, PROC_PGRP_ONLY = 2;
    internal const int PROC_PIDT_SHORTBSDINFO = 13, PROC_PIDUNIQIDENTIFIERINFO = 17;
    internal const uint SIDL = 1, SRUN = 2, SSLEEP = 3, SSTOP = 4, SZOMB = 5;

    /// <summary>struct kevent64_s.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Kevent64
    {
        internal ulong Ident;
        internal short Filter;
        internal ushort Flags;
        internal uint FilterFlags;
        internal long Data;
        internal ulong UserData;
        internal ulong Extension0, Extension1;
    }

    /// <summary>struct proc_uniqidentifierinfo: numbers that are never used again as long as the system runs.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UniqueIdentifier
    {
        internal fixed byte Uuid[16];
        internal ulong Process;
        internal ulong Parent; // set by fork; it stays when somebody else adopts the process
        internal int Version;
        internal uint Reserved2;
        internal ulong Reserved3, Reserved4;
    }

    /// <summary>struct proc_bsdshortinfo.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ShortInfo
    {
        internal uint Process, Parent, Group, Status;
        internal fixed byte Command[16];
        internal uint Flags, User, GroupId, RealUser, RealGroup, SavedUser, SavedGroup, Reserved;
    }

    /// <summary>struct timeval.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeValue
    {
        internal long Seconds;
        internal int Microseconds; // __int32_t, unlike Linux
    }

    /// <summary>struct rusage: ru_maxrss is in bytes, getrusage(2); on Linux it is kilobytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Usage
    {
        internal TimeValue User, System;
        internal long PeakBytes;
        internal fixed long Others[13];
    }

    /// <summary>siginfo_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalInfo
    {
        internal int Signal, Error, Code, Process;
        internal uint User;
        internal int Status;
        internal nint Address, Value;
        internal long Band;
        internal fixed ulong Padding[7];
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events, Returned;
    }

    /// <summary>What a wait status says, by the macros of bsd/sys/wait.h; Unknown for one that is no end.</summary>
    internal static ExitStatus ToExitStatus(int status, in Usage usage)
    {
        const int SignalMask = 0x7F, CoreFlag = 0x80;
        ResourceUsage used = new()
        {
            UserTime = ToTime(usage.User),
            SystemTime = ToTime(usage.System),
            PeakMemoryBytes = usage.PeakBytes,
        };
        int signal = status & SignalMask;
        return signal switch
        {
            0 => ExitStatus.FromCode((status >> 8) & 0xFF, used),
            SignalMask => ExitStatus.Unknown, // stopped
            _ => ExitStatus.FromSignal(ChildSignal.FromNumber(signal), (status & CoreFlag) != 0, used),
        };
    }

    private static TimeSpan ToTime(in TimeValue time) => TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Microseconds);
}
