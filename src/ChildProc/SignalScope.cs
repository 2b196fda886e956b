namespace ChildProc;

/// <summary>Which processes a signal is sent to.</summary>
public enum SignalScope
{
    /// <summary>The child alone. The default.</summary>
    Child = 0,

    /// <summary>
    /// The process group that the child leads. It takes <see cref="ChildProcessStartInfo.NewProcessGroup"/> or
    /// <see cref="ChildProcessStartInfo.NewSession"/>, for otherwise the group is the host's own. See kill(2).
    /// </summary>
    ProcessGroup,

    /// <summary>The child and every descendant that is alive at that moment.</summary>
    Tree,
}
