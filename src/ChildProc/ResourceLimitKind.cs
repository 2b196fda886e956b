namespace ChildProc;

/// <summary>A resource whose use can be limited. See getrlimit(2).</summary>
/// <remarks>The values are the Linux RLIMIT numbers, as the protocol with the guardian carries them.</remarks>
public enum ResourceLimitKind
{
    /// <summary>Processor time, in seconds (RLIMIT_CPU).</summary>
    CpuTime = 0,

    /// <summary>The size of a file that the process writes, in bytes (RLIMIT_FSIZE).</summary>
    FileSize = 1,

    /// <summary>Initialised data, uninitialised data and heap, in bytes (RLIMIT_DATA).</summary>
    DataSize = 2,

    /// <summary>The stack of the main thread, in bytes (RLIMIT_STACK).</summary>
    StackSize = 3,

    /// <summary>The size of a core file, in bytes; 0 means none (RLIMIT_CORE).</summary>
    CoreSize = 4,

    /// <summary>The resident set, in bytes; without effect since Linux 2.4.30 (RLIMIT_RSS).</summary>
    ResidentSet = 5,

    /// <summary>The number of processes and threads of the real user (RLIMIT_NPROC).</summary>
    Processes = 6,

    /// <summary>One more than the highest descriptor number that can be opened (RLIMIT_NOFILE).</summary>
    OpenFiles = 7,

    /// <summary>Memory locked into RAM, in bytes (RLIMIT_MEMLOCK).</summary>
    LockedMemory = 8,

    /// <summary>The address space, in bytes (RLIMIT_AS).</summary>
    AddressSpace = 9,

    /// <summary>File locks and leases; without effect since Linux 2.4.25 (RLIMIT_LOCKS).</summary>
    Locks = 10,

    /// <summary>The number of signals queued for the real user (RLIMIT_SIGPENDING).</summary>
    PendingSignals = 11,

    /// <summary>POSIX message queues of the real user, in bytes (RLIMIT_MSGQUEUE).</summary>
    MessageQueues = 12,

    /// <summary>The ceiling of the nice value, written as 20 minus that value (RLIMIT_NICE).</summary>
    Nice = 13,

    /// <summary>The ceiling of the real-time priority (RLIMIT_RTPRIO).</summary>
    RealtimePriority = 14,

    /// <summary>Processor time without a blocking call under real-time scheduling, in microseconds (RLIMIT_RTTIME).</summary>
    RealtimeTime = 15,
}
