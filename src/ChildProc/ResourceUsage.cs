namespace ChildProc;

/// <summary>What a child that has ended used up, as the kernel accounted for it.</summary>
/// <remarks>
/// It counts the child and those of its descendants that the child itself waited for. Source: getrusage(2) by way of
/// wait4(2) on Unix. All zero where the system does not tell.
/// </remarks>
public readonly record struct ResourceUsage
{
    /// <summary>Processor time spent in the program.</summary>
    public TimeSpan UserTime { get; init; }

    /// <summary>Processor time spent in the kernel on behalf of the program.</summary>
    public TimeSpan SystemTime { get; init; }

    /// <summary>
    /// The largest resident set, in bytes, of the child or of one descendant that it waited for. Zero where nobody can tell: a
    /// child under <see cref="Containment.ProcessGroup"/> begins with the host's own peak, so only more than that is known.
    /// </summary>
    public long PeakMemoryBytes { get; init; }
}
