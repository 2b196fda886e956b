using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

internal enum Severity
{
    /// <summary>Worth knowing, never counted.</summary>
    Note,

    /// <summary>A leak of a kind that was not asked to fail on.</summary>
    Warning,

    /// <summary>A leak of a kind that was asked to fail on.</summary>
    Error,
}

/// <summary>One leak, with its culprit and the evidence lines that show it.</summary>
internal sealed class Finding(Rule rule, Severity severity, string message)
{
    internal Rule Rule { get; } = rule;

    /// <summary>Note stays note; the rest becomes error or warning by what was asked to fail on.</summary>
    internal Severity Severity { get; set; } = severity;

    internal string Message { get; } = message;

    internal int Pid { get; init; }

    internal string Command { get; init; } = "";

    internal long Time { get; init; }

    internal ProcessLife? Process { get; init; }

    internal List<string> References { get; init; } = [];

    /// <summary>The line of source that did it, where that is known.</summary>
    internal SourceLine? Source { get; init; }

    /// <summary>Why it is allowed; an allowed finding is shown, and counts for nothing.</summary>
    internal string? Allowed { get; set; }
}

/// <summary>Evidence that is missing or contradicts itself.</summary>
/// <param name="Reason">In words.</param>
/// <param name="Reference">Where, if it has a place.</param>
/// <param name="IsConflict">Two witnesses disagree.</param>
internal sealed record Gap(string Reason, string Reference, bool IsConflict = false);
