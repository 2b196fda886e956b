namespace ChildProc.Engines.Direct;

/// <summary>By what the host finds the members of a tree again.</summary>
internal enum Hold
{
    /// <summary>The group that the child leads, and the descendants of its members.</summary>
    Group,

    /// <summary>The session that the child leads, with all groups in it, and the descendants of its members.</summary>
    Session,

    /// <summary>The descendants of the child alone: it is in the host's group, for it shares the host's terminal.</summary>
    Descent,

    /// <summary>Nothing but the child: it is detached.</summary>
    Child,
}
