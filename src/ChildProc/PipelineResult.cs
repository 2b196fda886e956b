namespace ChildProc;

/// <summary>What came of a pipeline that was run to its end.</summary>
public class PipelineResult
{
    /// <summary>The status of the pipeline: that of the stage which <see cref="ChildPipeline.Rule"/> lets speak for it.</summary>
    public required ExitStatus Status { get; init; }

    /// <summary>What came of each stage, in the order of the pipeline.</summary>
    public required IReadOnlyList<ChildResult> Stages { get; init; }

    /// <summary>The index of the stage that made the pipeline fail; null when it succeeded.</summary>
    public int? FailedStage { get; init; }

    /// <summary>The time from the start of the first child to the end of the last one as the host saw it.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Whether output of any stage was cut because something that it left behind still held the pipe, to the host or to
    /// the next stage, when <see cref="ChildProcessStartInfo.DrainTimeout"/> was over.
    /// </summary>
    public bool OutputIncomplete => Stages.Any(static stage => stage.OutputIncomplete);

    /// <summary>The descendants that outlived their stage and were killed, each as "pid state command"; default none.</summary>
    public IReadOnlyList<string> KilledLeftovers => [.. Stages.SelectMany(static stage => stage.KilledLeftovers)];

    /// <summary>Throws unless the pipeline succeeded.</summary>
    /// <returns>This result.</returns>
    /// <exception cref="ChildProcessExitException">It failed: the exception has the file and status of <see cref="FailedStage"/>.</exception>
    public virtual PipelineResult EnsureSuccess()
        => Status.IsSuccess ? this : throw new ChildProcessExitException(FailedStage is { } stage ? Stages[stage].FileName : "", Status);
}
