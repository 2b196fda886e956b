namespace ChildProc.Testing;

/// <summary>What leaks. The rules have the identifiers that <see cref="Leak.Rule"/> tells.</summary>
public enum LeakKind
{
    /// <summary>A child of this process that is still alive and that no undisposed ChildProc object owns (CPL001). Linux.</summary>
    Child = 0,

    /// <summary>A child of this process that has ended and that nobody has waited for (CPL002). Linux.</summary>
    Zombie,

    /// <summary>A process of a tree that has no owner any more, and that still lives (CPL001). Linux.</summary>
    Orphan,

    /// <summary>A descriptor that was opened since the check began and is still open (CPL003). Linux.</summary>
    Descriptor,

    /// <summary>A child object of ChildProc that was not disposed: it is alive, or it was dropped (CPL007). Every system.</summary>
    Undisposed,

    /// <summary>A thread of the library, other than its one reactor and its one sweeper (CPL010). Linux.</summary>
    Thread,
}
