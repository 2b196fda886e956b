namespace ChildProc.Tool.Audit;

/// <summary>A leak rule: its id never changes.</summary>
/// <param name="Id">As in reports and suppressions.</param>
/// <param name="Kind">The word of <c>--fail-on</c>.</param>
/// <param name="Title">What leaks.</param>
/// <param name="Remedy">One line that helps.</param>
internal sealed record Rule(string Id, string Kind, string Title, string Remedy)
{
    internal static readonly Rule Orphan = new("CPL001", "orphan", "orphan process", "Stop and wait for it before the program ends, or start it detached on purpose and allow it.");
    internal static readonly Rule Zombie = new("CPL002", "zombie", "zombie", "Wait for the child: an exit that nobody collects keeps its process id.");
    internal static readonly Rule Descriptor = new("CPL003", "fd", "descriptor leak", "Close it on every path: it grows with each child.");
    internal static readonly Rule Inherited = new("CPL004", "inherit", "descriptor inherited", "Open it with O_CLOEXEC, or close it in the child.");
    internal static readonly Rule PipeHeld = new("CPL005", "pipe", "pipe held open", "A descendant keeps the pipe: the reader never sees its end. Close it there.");
    internal static readonly Rule Pidfd = new("CPL006", "pidfd", "pidfd leak", "Close the pidfd once its process is reaped.");
    internal static readonly Rule Undisposed = new("CPL007", "undisposed", "undisposed child object", "Dispose it.");
    internal static readonly Rule StolenReap = new("CPL008", "reap", "stolen reap", "One thread must wait for a child: a wait for any child takes the status of the others.");
    internal static readonly Rule LateSignal = new("CPL009", "signal", "signal after reap", "The id may belong to another process by now. Signal through a pidfd, or before the reap.");
    internal static readonly Rule Thread = new("CPL010", "thread", "thread leak", "End the thread with its child.");
    internal static readonly Rule Escape = new("CPL011", "escape", "left its session", "Start it detached on purpose and allow it, or keep it in the session.");
    internal static readonly Rule DoubleClose = new("CPL012", "close", "double close", "The second close may hit a descriptor that another thread has just opened.");
    internal static readonly Rule EvidenceLoss = new("CPL090", "evidence", "evidence lost", "Repeat the run, or use fewer sources.");

    internal static readonly IReadOnlyList<Rule> All =
    [
        Orphan, Zombie, Descriptor, Inherited, PipeHeld, Pidfd, Undisposed, StolenReap, LateSignal, Thread, Escape, DoubleClose, EvidenceLoss,
    ];

    /// <summary>What fails a run that asks for nothing else.</summary>
    internal static readonly IReadOnlyList<Rule> FailByDefault = [Orphan, Zombie, Inherited, Undisposed];
}
