namespace ChildProc.Tool.Model;

/// <summary>What a piece of evidence says. The names in JSON are those of <see cref="FactNames"/>.</summary>
internal enum FactKind
{
    None,
    TaskNew,
    TaskExec,
    TaskExit,
    TaskReap,
    TaskSession,
    WaitFailed,
    FdOpen,
    FdDup,
    FdClose,
    FdCloseRange,
    FdCloExec,
    FdUnshare,
    SignalSend,
    SignalReceive,
    SignalDisposition,
    SnapProcess,
    SnapFd,
    RootExit,
    App,
    Killed,
    Gap,
}

/// <summary>Who saw it.</summary>
internal enum FactSource
{
    App,
    Sub,
    Proc,
    Connector,
    Strace,
    Perf,
}

[Flags]
internal enum FactFlags
{
    None = 0,

    /// <summary>The new task is a thread.</summary>
    Thread = 1,

    /// <summary>The new task shares the descriptor table (CLONE_FILES).</summary>
    SharesFiles = 1 << 1,

    /// <summary>Nobody has to wait for the new task: its exit signal is 0, or SIGCHLD is ignored.</summary>
    AutoReap = 1 << 2,

    CloseOnExec = 1 << 3,

    /// <summary>The descriptor was put at this number, or stripped of close-on-exec, on purpose.</summary>
    Placed = 1 << 4,

    /// <summary>The call failed.</summary>
    Failed = 1 << 5,

    /// <summary>The end of a pipe that is read.</summary>
    ReadEnd = 1 << 6,

    /// <summary>The end of a pipe that is written.</summary>
    WriteEnd = 1 << 7,

    /// <summary>A wait for any child, not for one by its id.</summary>
    AnyChild = 1 << 8,

    /// <summary>The process is a zombie.</summary>
    Zombie = 1 << 9,

    /// <summary>It was adopted: its own parent has ended.</summary>
    Adopted = 1 << 10,

    /// <summary>The signal is ignored from here on.</summary>
    Ignored = 1 << 11,

    /// <summary>SIGKILL, SIGTERM or the like ended it.</summary>
    BySignal = 1 << 12,

    /// <summary>A look did not find the process any more.</summary>
    Gone = 1 << 13,
}
