namespace ChildProc;

/// <summary>How many children this process has had, since it began.</summary>
/// <remarks>
/// <see cref="Started"/> = <see cref="Disposed"/> + <see cref="Finalized"/> + those that still have an owner. The four are read
/// one after the other: they agree when nothing is under way.
/// </remarks>
public readonly record struct ChildProcessCounts
{
    /// <summary>Children that were handed to a caller. A start that fails, or is given up, does not count.</summary>
    public long Started { get; init; }

    /// <summary>Those of which the end is known, <see cref="ExitStatus.Unknown"/> included.</summary>
    public long Exited { get; init; }

    /// <summary>Those whose disposal is over.</summary>
    public long Disposed { get; init; }

    /// <summary>Those that were dropped without a disposal: their finalizer gave their tree up.</summary>
    public long Finalized { get; init; }
}
