namespace ChildProc.Tool.Audit;

/// <summary>What an audit is asked for.</summary>
internal sealed record AuditOptions
{
    /// <summary>An exit that is closer than this to the end of its parent may be a race, and no leak.</summary>
    internal const long RaceNanoseconds = 50_000_000;

    internal IReadOnlyList<Rule> FailOn { get; init; } = Rule.FailByDefault;

    internal TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Iterations that the growth rules leave out, so that caches fill.</summary>
    internal int Warmup { get; init; } = 3;

    internal IReadOnlyList<Allowance> Allowed { get; init; } = [];

    /// <summary>Facts after this are left out, to see how it was then. Nanoseconds.</summary>
    internal long? Until { get; init; }

    internal IProgress<(string Name, long Read, long Length)>? Progress { get; init; }

    internal long SettleNanoseconds => Settle.Ticks * 100;
}
