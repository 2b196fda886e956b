using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>What one source tells of the lives of processes.</summary>
internal sealed class History(FactSource source)
{
    /// <summary>Lives that are told one by one. Of more, those that ended well are counted only.</summary>
    internal const int MostLives = 100_000;

    internal FactSource Source { get; } = source;

    internal List<ProcessLife> Lives { get; } = [];

    internal ProcessLife? Root { get; set; }

    internal List<Finding> Findings { get; } = [];

    internal const int MostPipes = 5_000;

    internal List<Pipe> Pipes { get; } = [];

    /// <summary>What was open when the evidence ended, of processes that lived then.</summary>
    internal Dictionary<ProcessLife, List<FdSlot>> OpenSlots { get; } = [];

    internal List<Gap> Gaps { get; } = [];

    /// <summary>Gaps beyond the first hundred, counted only.</summary>
    internal long MoreGaps { get; private set; }

    internal Sums Sums { get; } = new();

    internal long First { get; set; } = long.MaxValue;

    internal long Last { get; set; } = long.MinValue;

    internal long Facts { get; set; }

    /// <summary>Every reap; perf sees those of wait4, so it can only bear witness.</summary>
    internal bool SeesReaps => Source is FactSource.Strace;

    /// <summary>Findings beyond the first ten thousand, counted only.</summary>
    internal long MoreFindings { get; private set; }

    internal void Tell(Finding finding)
    {
        if (Findings.Count < 10_000)
            Findings.Add(finding);
        else
            MoreFindings++;
    }

    internal void Miss(string reason, string reference = "")
    {
        if (Gaps.Count < 100)
            Gaps.Add(new(reason, reference));
        else
            MoreGaps++;
    }
}
