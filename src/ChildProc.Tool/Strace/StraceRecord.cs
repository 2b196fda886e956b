namespace ChildProc.Tool.Strace;

internal enum StraceKind
{
    Call,
    Signal,
    Exited,
    Killed,
    Superseded,
    Broken,
}

/// <summary>One whole record of an strace log: an unfinished call comes when it is resumed.</summary>
internal sealed class StraceRecord
{
    internal StraceKind Kind { get; init; }

    /// <summary>The id column: a thread's. 0 where the log has no such column.</summary>
    internal int Tid { get; init; }

    /// <summary>Nanoseconds of CLOCK_REALTIME, at the entry of a call.</summary>
    internal long Time { get; init; }

    /// <summary>Nanoseconds from entry to return, 0 where the log does not say.</summary>
    internal long Duration { get; init; }

    /// <summary>System call or signal.</summary>
    internal string Name { get; init; } = "";

    /// <summary>The arguments of a call; the braces of a signal; why a record is broken.</summary>
    internal string Arguments { get; init; } = "";

    /// <summary>What follows the equals sign of a call, without the duration.</summary>
    internal string Result { get; init; } = "";

    /// <summary>Exit status, or the thread that an execve superseded.</summary>
    internal int Number { get; init; }

    internal long Line { get; init; }
}
