namespace ChildProc;

/// <summary>What holds a child and everything that it starts together as one tree with one owner.</summary>
/// <remarks>In a start info it is a request; on a running child it says which one is in force.</remarks>
public enum Containment
{
    /// <summary>The best that the platform offers. Only a request: a running child never reports it.</summary>
    Tree = 0,

    /// <summary>
    /// Linux: a supervisor process is parent and child subreaper of the whole tree, so that daemons (double fork,
    /// <c>setsid</c>) belong to it too. Asked for by name where it cannot be had, the start throws
    /// <see cref="PlatformNotSupportedException"/>. See prctl(2), PR_SET_CHILD_SUBREAPER (Linux 3.4).
    /// </summary>
    Supervised,

    /// <summary>Windows: one unnamed job object per tree, killed when its last handle closes.</summary>
    Job,

    /// <summary>
    /// Unix: a process group of the child's own and a walk over its descendants. A descendant that leaves both the
    /// group and the line of descent (a daemon) escapes. A child that inherits the host's terminal as its standard input
    /// stays in the host's group, which the terminal serves, and is held by the walk alone. Linux: needs pidfds (Linux 5.4).
    /// </summary>
    ProcessGroup,

    /// <summary>
    /// Nothing: the child is detached, leads a session of its own, is nobody's child but init's, and outlives its owner and the
    /// host. <see cref="IChildProcess.Kill"/>, <see cref="IChildProcess.Signal"/>, a stop and a cancelled lifetime act on the
    /// child alone; dispose leaves it alone. Its status may be <see cref="ExitStatus.Unknown"/> before Linux 6.15.
    /// </summary>
    None,
}
