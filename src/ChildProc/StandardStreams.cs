namespace ChildProc;

/// <summary>Streams of a child whose ends the host holds open.</summary>
[Flags]
public enum StandardStreams
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The pipe to standard input.</summary>
    StandardInput = 1,

    /// <summary>The pipe from standard output.</summary>
    StandardOutput = 2,

    /// <summary>The pipe from standard error.</summary>
    StandardError = 4,

    /// <summary>The terminal.</summary>
    Terminal = 8,
}
