namespace ChildProc;

/// <summary>Which stage speaks for a pipeline: how its one status is made of those of its stages.</summary>
public enum PipelineRule
{
    /// <summary>
    /// The last stage that failed; success when none did. A producer that SIGPIPE ended has not failed: its consumer had
    /// enough and left, as in <c>yes | head</c>.
    /// </summary>
    Pipefail = 0,

    /// <summary>The last stage, whatever became of those before it: what a shell does unless it is told otherwise.</summary>
    Last,

    /// <summary>
    /// The last stage that did not exit with code 0, a producer ended by SIGPIPE included: every byte must have been
    /// consumed. This is <c>set -o pipefail</c> of a shell to the letter.
    /// </summary>
    All,
}
