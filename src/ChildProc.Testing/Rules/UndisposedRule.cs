namespace ChildProc.Testing.Rules;

/// <summary>Child objects that nobody has disposed: they are still there, or were dropped and finalized.</summary>
internal static class UndisposedRule
{
    /// <param name="before">What there was.</param>
    /// <param name="isOurs">Whether a child is the check's matter, by the flow that started it.</param>
    internal static IEnumerable<Leak> Find(Snapshot before, Predicate<ChildProcessEntry> isOurs)
    {
        IEnumerable<Leak> dropped = ChildProcessDiagnostics.GetDropped().Where(e => !before.HasDropped(e) && isOurs(e)).Select(ToLeak);
        IEnumerable<Leak> owned = ChildProcessDiagnostics.GetChildren().Where(e => e.HasOwner && !before.HasOwned(e) && isOurs(e)).Select(ToLeak);
        return owned.Concat(dropped);
    }

    private static Leak ToLeak(ChildProcessEntry entry)
        => new(LeakKind.Undisposed, entry.FileName, (entry.HasOwner ? "child " : "child, dropped and finalized: ") + entry)
        {
            CommandLine = string.Join(' ', [entry.FileName, .. entry.Arguments]),
            StartStack = entry.StartStack,
            IsFinal = !entry.HasOwner,
        };
}
