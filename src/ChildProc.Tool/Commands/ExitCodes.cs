using ChildProc.Tool.Audit;

namespace ChildProc.Tool.Commands;

/// <summary>What the tool ends with. 23 is LeakSanitizer's number; 124 to 127 are those of timeout(1) and env(1).</summary>
internal static class ExitCodes
{
    internal const int Leak = 23, Inconclusive = 24, OutOfTime = 124, Error = 125, NotExecutable = 126, NotFound = 127;

    internal static int OfAudit(Verdict verdict) => verdict switch { Verdict.Leak => Leak, Verdict.Inconclusive => Inconclusive, _ => 0 };

    /// <summary>A target that failed keeps its own code, whatever it leaked: its caller needs that first.</summary>
    internal static int OfRun(Verdict verdict, int target, int leak, bool strict) =>
        target != 0 ? target
        : verdict == Verdict.Leak ? leak
        : verdict == Verdict.Inconclusive && strict ? Inconclusive
        : 0;
}
