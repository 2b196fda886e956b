namespace ChildProc;

/// <summary>What came of a pipeline that was run to its end, with its output as text.</summary>
/// <remarks>Each text is decoded by <see cref="ChildProcessStartInfo.OutputEncoding"/> of the stage that wrote it.</remarks>
public sealed class CapturedPipelineResult : PipelineResult
{
    /// <summary>What the last stage wrote to standard output; empty when that was not a pipe.</summary>
    public required string StandardOutput { get; init; }

    /// <summary>What each stage wrote to standard error, in the order of the pipeline; empty where that was not a pipe.</summary>
    public required IReadOnlyList<string> StandardErrors { get; init; }

    /// <summary>
    /// Whether a stage wrote more to a stream than <see cref="ChildProcessStartInfo.CaptureLimit"/> bytes: then the middle was
    /// read and dropped, and a line "[n bytes dropped]" stands in its place. What goes from stage to stage has no limit.
    /// </summary>
    public bool OutputTruncated { get; init; }

    /// <inheritdoc/>
    public override CapturedPipelineResult EnsureSuccess()
    {
        base.EnsureSuccess();
        return this;
    }
}
