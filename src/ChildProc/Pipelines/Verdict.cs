namespace ChildProc.Pipelines;

/// <summary>The rules: what the ends of all stages come to.</summary>
/// <param name="Status">The status of the pipeline.</param>
/// <param name="FailedStage">The stage that it is of when it is a failure.</param>
internal readonly record struct Verdict(ExitStatus Status, int? FailedStage)
{
    internal static Verdict Of(PipelineRule rule, ReadOnlySpan<ExitStatus> stages)
    {
        int last = stages.Length - 1;
        int end = rule == PipelineRule.Last ? last : 0;
        for (int i = last; i >= end; i--)
        {
            // Its consumer left early. The last stage has no consumer here, so its SIGPIPE is a failure like any other.
            bool excused = rule == PipelineRule.Pipefail && i < last && stages[i].Signal == ChildSignal.Pipe;
            if (!stages[i].IsSuccess && !excused)
            {
                return new Verdict(stages[i], i);
            }
        }

        return new Verdict(stages[last], null);
    }
}
