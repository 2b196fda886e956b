namespace ChildProc.Tool.Model;

/// <summary>The life of one process: new, exec*, exit, zombie, reap.</summary>
internal sealed class ProcessLife(ProcessId id)
{
    internal ProcessId Id { get; } = id;

    internal int Pid => Id.Pid;

    internal ProcessLife? Parent { get; set; }

    /// <summary>The program of its last exec, or what a snapshot said.</summary>
    internal string? Command { get; set; }

    internal string? Program { get; set; }

    internal bool HasExecuted { get; set; }

    internal long? Exited { get; set; }

    /// <summary>The first look that did not find it any more, where nobody saw its exit.</summary>
    internal long? GoneBy { get; set; }

    /// <summary>When it ended, or by when at the latest.</summary>
    internal long? Ended => Exited ?? GoneBy;

    internal int ExitCode { get; set; }

    internal bool BySignal { get; set; }

    internal long? Reaped { get; set; }

    /// <summary>The thread that reaped it, 0 where that is not known.</summary>
    internal int ReapedBy { get; set; }

    internal bool ReapedForAny { get; set; }

    /// <summary>The kernel reaps it, or the one that adopts it does: nobody in the tree has to.</summary>
    internal bool AutoReap { get; set; }

    internal long? AdoptedAt { get; set; }

    /// <summary>It has waited with nobody seeing for whom: its memory cannot be read, or it did not ask.</summary>
    internal bool WaitsUnseen { get; set; }

    internal bool IgnoresChildren { get; set; }

    /// <summary>Its dispositions are known: it reset or set that of SIGCHLD, or was told of a child.</summary>
    internal bool HearsOfChildren { get; set; }

    internal long? LeftSession { get; set; }

    internal string? LeftSessionReference { get; set; }

    /// <summary>Alive when the tool looked after the settling time.</summary>
    internal bool Survived { get; set; }

    internal char State { get; set; }

    /// <summary>The tool ended it, after the evidence was saved.</summary>
    internal bool KilledByTool { get; set; }

    /// <summary>It was a zombie when the tool looked at the root's exit: seen with our own eyes.</summary>
    internal bool AdoptedAsZombie { get; set; }

    /// <summary>The tool had to reap it, so nobody in the tree had.</summary>
    internal bool ReapedByTool { get; set; }

    /// <summary>The earliest look that found it dead and unreaped.</summary>
    internal long? SeenAsZombie { get; set; }

    /// <summary>Children that nobody has waited for yet.</summary>
    internal List<ProcessLife> Unreaped { get; } = [];

    /// <summary>A helper of the tool, such as a tracer: watched, never judged.</summary>
    internal bool IsHelper { get; set; }

    internal string? BirthReference { get; set; }

    internal string? ExecReference { get; set; }

    internal string? ExitReference { get; set; }

    internal string? ReapReference { get; set; }

    internal string? SnapReference { get; set; }

    /// <summary>Which sources saw the birth; one bit for each.</summary>
    internal int BornBy { get; set; }

    /// <summary>Before its own exec a process runs its parent's program.</summary>
    internal string Title => Command ?? (HasExecuted ? Program : Parent?.Title) ?? Program ?? "?";

    /// <summary>Dead, and neither the evidence tells of a reap nor had the tool to reap it; its parent waits unseen.</summary>
    internal bool IsReapedUnseen => Exited is not null && Reaped is null && !AdoptedAsZombie && !ReapedByTool && Parent is { WaitsUnseen: true };

    internal string Outcome => Exited is null ? GoneBy is null ? "running" : "ended unseen" : BySignal ? $"killed by {SignalNames.Of(ExitCode)}" : $"exited with {ExitCode}";

    internal IEnumerable<string> References() => new[] { BirthReference, ExecReference, ExitReference, ReapReference, SnapReference }.OfType<string>().Where(static r => r.Length > 0);
}
