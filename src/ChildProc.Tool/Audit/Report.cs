using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

internal enum Verdict
{
    Clean,
    Inconclusive,
    Leak,
}

/// <summary>The answer: verdict, findings with their culprits, and the sums that prove it.</summary>
internal sealed class Report
{
    internal required History Story { get; init; }

    internal required Manifest Manifest { get; init; }

    internal required IReadOnlyList<Finding> Findings { get; init; }

    internal required IReadOnlyList<string> Sources { get; init; }

    internal required AuditOptions Options { get; init; }

    /// <summary>When the root ended, nanoseconds.</summary>
    internal long? RootExit { get; init; }

    internal IReadOnlyList<AppEvent> AppEvents { get; init; } = [];

    internal IReadOnlyList<Gap> Gaps => Story.Gaps;

    internal long LostEvidence => Story.Gaps.Count + Story.MoreGaps;

    internal Verdict Verdict =>
        Findings.Any(static f => f.Severity == Severity.Error && f.Allowed is null) ? Verdict.Leak
        : LostEvidence > 0 || !Story.Sums.ProcessesBalance || !Story.Sums.DescriptorsBalance ? Verdict.Inconclusive
        : Verdict.Clean;

    internal long Start => Story.Root?.Id.FirstSeen ?? (Story.Facts > 0 ? Story.First : 0);

    /// <summary>The last moment that anything is known of.</summary>
    internal long End => Math.Max(Story.Facts > 0 ? Story.Last : 0, Math.Max(RootExit ?? 0, Story.Lives.Count == 0 ? 0 : Story.Lives.Max(static l => Math.Max(l.Exited ?? l.Id.FirstSeen, l.Reaped ?? 0))));
}

/// <summary>An event of the program itself, by way of EventPipe.</summary>
/// <param name="Time">Nanoseconds of CLOCK_MONOTONIC.</param>
/// <param name="ProcessId">Whose trace it is in.</param>
/// <param name="ThreadId">Of the system.</param>
/// <param name="Provider">Its provider.</param>
/// <param name="EventId">Within the provider.</param>
/// <param name="Name">May be empty.</param>
internal sealed record AppEvent(long Time, int ProcessId, long ThreadId, string Provider, int EventId, string Name)
{
    /// <summary>What it says, if it is one of the library's that the rules know.</summary>
    internal LibraryEvent? Library { get; init; }
}
