namespace ChildProc;

/// <summary>What came of a child that was run to its end.</summary>
public class ChildResult
{
    /// <summary>How the child ended.</summary>
    public required ExitStatus Status { get; init; }

    /// <summary>The time from the start of the child to its end as the host saw it.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Whether output was cut because something still held a pipe open when
    /// <see cref="ChildProcessStartInfo.DrainTimeout"/> was over.
    /// </summary>
    public bool OutputIncomplete { get; init; }

    /// <summary>Whether the child ended, or stopped reading, before it had taken all of its input.</summary>
    public bool InputIncomplete { get; init; }

    /// <summary>
    /// The descendants that outlived the child and were killed, each as "pid state command"; default none.
    /// </summary>
    public IReadOnlyList<string> KilledLeftovers { get; init; } = [];

    /// <summary>The program, for the message of <see cref="EnsureSuccess"/>.</summary>
    internal string FileName { get; init; } = "";

    /// <summary>Throws unless the child exited with code 0.</summary>
    /// <returns>This result.</returns>
    /// <exception cref="ChildProcessExitException">The child ended in another way.</exception>
    public virtual ChildResult EnsureSuccess() =>
        Status.IsSuccess ? this : throw new ChildProcessExitException(FileName, Status);
}
