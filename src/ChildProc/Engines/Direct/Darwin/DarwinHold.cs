using ChildProc.Stdio;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>By what, besides lineage, the host finds the members of a tree.</summary>
internal enum DarwinHold
{
    /// <summary>The group that the child leads.</summary>
    Group,

    /// <summary>The same, in a session of its own.</summary>
    Session,

    /// <summary>Nothing: it is in the host's group, for it shares the host's terminal, and would be stopped at its first read.</summary>
    Descent,

    /// <summary>It is detached: the child alone, in a session of its own.</summary>
    Child,
}

internal static class DarwinHolds
{
    internal static DarwinHold Of(ChildProcessStartInfo info, IDarwinSystem system)
        => info.Containment == Containment.None ? DarwinHold.Child
            : info.NewSession ? DarwinHold.Session
            : !info.NewProcessGroup && info.StandardInput is null or InheritStdio && system.ForegroundGroup(0) > 0 ? DarwinHold.Descent
            : DarwinHold.Group;
}
