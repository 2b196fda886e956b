namespace ChildProc.Tool.Run;

/// <summary>What a run is asked for.</summary>
internal sealed record RunSettings
{
    internal required IReadOnlyList<string> Command { get; init; }

    /// <summary>Names of sources. One that cannot be used is refused, unless it is in <see cref="Optional"/>.</summary>
    internal required IReadOnlyList<string> Sources { get; init; }

    internal IReadOnlyList<string> Optional { get; init; } = [];

    internal TimeSpan Settle { get; init; }

    internal TimeSpan? Timeout { get; init; }

    internal bool KillLeaked { get; init; }

    /// <summary>Programs that use the library are to note who starts their children.</summary>
    internal bool Stacks { get; init; }

    internal required string Bundle { get; init; }
}
