namespace ChildProc;

/// <summary>What came of a child that was run to its end, with its output as text.</summary>
/// <remarks>The text is decoded by <see cref="ChildProcessStartInfo.OutputEncoding"/>.</remarks>
public sealed class CapturedResult : ChildResult
{
    /// <summary>What the child wrote to standard output; empty when that was not a pipe.</summary>
    public required string StandardOutput { get; init; }

    /// <summary>What the child wrote to standard error; empty when that was not a pipe.</summary>
    public required string StandardError { get; init; }

    /// <summary>
    /// Whether the child wrote more to a stream than <see cref="ChildProcessStartInfo.CaptureLimit"/> bytes: then the middle
    /// was read and dropped, and a line "[n bytes dropped]" stands in its place.
    /// </summary>
    public bool OutputTruncated => DroppedOutputBytes > 0 || DroppedErrorBytes > 0;

    /// <summary>Bytes of standard output that were dropped.</summary>
    public long DroppedOutputBytes { get; init; }

    /// <summary>Bytes of standard error that were dropped.</summary>
    public long DroppedErrorBytes { get; init; }

    /// <inheritdoc/>
    public override CapturedResult EnsureSuccess()
    {
        base.EnsureSuccess();
        return this;
    }
}
