namespace ChildProc.Tool.Model;

/// <summary>
/// One piece of evidence, as one source saw it: append-only, never corrected later. Which of the fields mean something
/// depends on the kind; <see cref="FactJson"/> names them.
/// </summary>
internal sealed class Fact
{
    /// <summary>Nanoseconds of CLOCK_MONOTONIC; of CLOCK_REALTIME where the offset between the two is not known.</summary>
    public long Time { get; init; }

    public FactSource Source { get; init; }

    /// <summary>Counts the facts of one source.</summary>
    public long Sequence { get; init; }

    /// <summary>The process (thread group), 0 where the source names only the thread.</summary>
    public int Pid { get; init; }

    public int Tid { get; init; }

    public FactKind Kind { get; init; }

    /// <summary>The other task: the new one, the reaped one, the target of a signal, the parent in a snapshot.</summary>
    public int Other { get; init; }

    public int Fd { get; init; } = -1;

    /// <summary>The second descriptor: the copy, or the end of a range.</summary>
    public int Fd2 { get; init; } = -1;

    /// <summary>Exit code, signal or errno.</summary>
    public int Number { get; init; }

    public FactFlags Flags { get; init; }

    /// <summary>Path, command line, or reason.</summary>
    public string? Text { get; init; }

    /// <summary>What a descriptor refers to, such as <c>pipe:[81371]</c>.</summary>
    public string? Key { get; init; }

    /// <summary>The evidence file and line, or 0.</summary>
    public long Line { get; init; }

    public string? File { get; init; }

    public string Reference => File is null ? "" : $"{File}:{Line}";

    internal bool Has(FactFlags flag) => (Flags & flag) != 0;
}
