using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ChildProc.Pipelines;
using ChildProc.Stdio;

namespace ChildProc;

/// <summary>Pipelines over any host: start one, or run it to its end and leave nothing behind.</summary>
/// <remarks>A host on another machine cannot take the joints, which are pipes of this one's kernel.</remarks>
public static class ChildPipelineHostExtensions
{
    private const int LinesAhead = 256;

    /// <summary>Starts the stages, joined; streams that are not joined are inherited unless the start infos say otherwise.</summary>
    /// <param name="host">Where.</param>
    /// <param name="pipeline">What.</param>
    /// <param name="lifetime">Governs the life of all stages: on cancellation <see cref="ChildProcessStartInfo.Stop"/> of each runs.</param>
    /// <returns>The running pipeline, which the caller owns and disposes.</returns>
    /// <exception cref="ArgumentException">A start info is faulty; nothing was started.</exception>
    /// <exception cref="ChildProcessStartException">The start of a stage failed; nothing is left of any.</exception>
    /// <exception cref="PlatformNotSupportedException">The containment that was asked for, or the joints, are not available here.</exception>
    /// <exception cref="OperationCanceledException">The lifetime was over before all stages ran; nothing is left of any.</exception>
    public static ValueTask<RunningPipeline> StartAsync(this IChildProcessHost host, ChildPipeline pipeline, CancellationToken lifetime = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(pipeline);
        return PipelineStart.StartAsync(host, pipeline, lifetime);
    }

    /// <summary>
    /// Runs a pipeline until every stage has exited; what they leave behind is killed unless their start infos release it.
    /// What still holds a joint <see cref="ChildProcessStartInfo.DrainTimeout"/> after its stage exited is killed before that.
    /// </summary>
    /// <param name="host">Where.</param>
    /// <param name="pipeline">What; no stream may be a pipe to the host, for nobody would serve it.</param>
    /// <param name="cancellationToken">Stops all trees by <see cref="ChildProcessStartInfo.Stop"/> of their stages.</param>
    /// <returns>How it ended; a failure is a value, see <see cref="PipelineResult.EnsureSuccess"/>.</returns>
    /// <exception cref="ArgumentException">A start info is faulty, or a stream is a pipe; nothing was started.</exception>
    /// <exception cref="ChildProcessStartException">The start of a stage failed; nothing is left of any.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before every stage had exited; all trees are empty.</exception>
    public static async Task<PipelineResult> RunAsync(this IChildProcessHost host, ChildPipeline pipeline, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(pipeline);
        if (pipeline.Stages[0].StandardInput?.IsPipe == true || pipeline.Stages[^1].StandardOutput?.IsPipe == true
            || pipeline.Stages.Any(static stage => stage.StandardError?.IsPipe == true))
        {
            throw new ArgumentException("A run has nobody to serve a pipe: use CaptureAsync, ReadLinesAsync or StartAsync.", nameof(pipeline));
        }

        RefuseTerminals(pipeline);
        long began = Stopwatch.GetTimestamp();
        RunningPipeline running = await host.StartAsync(pipeline, cancellationToken).ConfigureAwait(false);
        await using (running.ConfigureAwait(false))
        {
            RunningPipeline.StageEnd[] ends = await running.RunToEndAsync(cancellationToken).ConfigureAwait(false);
            Verdict verdict = running.Verdict();
            return new PipelineResult
            {
                Status = verdict.Status,
                FailedStage = verdict.FailedStage,
                Elapsed = Stopwatch.GetElapsedTime(began),
                Stages = Results(running, ends),
            };
        }
    }

    /// <summary>
    /// As <see cref="RunAsync"/>, and returns what the last stage wrote to standard output and each to standard error, as
    /// text. Standard input of the first stage is at its end unless its start info says otherwise.
    /// </summary>
    /// <param name="host">Where.</param>
    /// <param name="pipeline">What; <see cref="ChildProcessStartInfo.CaptureLimit"/> of a stage bounds what is kept of its streams.</param>
    /// <param name="cancellationToken">Stops all trees by <see cref="ChildProcessStartInfo.Stop"/> of their stages.</param>
    /// <returns>How it ended and what was written; a stream that is no pipe gives an empty text.</returns>
    /// <exception cref="ArgumentException">A start info is faulty, or standard input of the first stage is a pipe.</exception>
    /// <exception cref="ChildProcessStartException">The start of a stage failed; nothing is left of any.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before every stage had exited and all output had ended; all trees are empty.</exception>
    public static async Task<CapturedPipelineResult> CaptureAsync(this IChildProcessHost host, ChildPipeline pipeline, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        pipeline = Piped(pipeline);
        long began = Stopwatch.GetTimestamp();
        RunningPipeline running = await host.StartAsync(pipeline, cancellationToken).ConfigureAwait(false);
        await using (running.ConfigureAwait(false))
        {
            Task<StageOutput.Captured[]> reading = Task.WhenAll(StageOutput.Of(running).Select(
                stream => StageOutput.CollectAsync(stream.Reader, stream.Source, stream.Stage, pipeline.Stages[stream.Stage])));
            RunningPipeline.StageEnd[] ends = await running.RunToEndAsync(cancellationToken).ConfigureAwait(false);

            // All end within the drain times, whoever else holds the pipes.
            StageOutput.Captured[] captured = await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
            Verdict verdict = running.Verdict();
            return new CapturedPipelineResult
            {
                Status = verdict.Status,
                FailedStage = verdict.FailedStage,
                Elapsed = Stopwatch.GetElapsedTime(began),
                Stages = Results(running, ends),
                StandardOutput = Array.Find(captured, static text => text.Source == OutputSource.StandardOutput).Text ?? "",
                StandardErrors = [.. pipeline.Stages.Select((_, i) => Array.Find(captured, text => text.Source == OutputSource.StandardError && text.Stage == i).Text ?? "")],
                OutputTruncated = Array.Exists(captured, static text => text.Truncated),
            };
        }
    }

    /// <summary>
    /// Runs a pipeline and yields the lines of standard output of its last stage and of every standard error as they arrive;
    /// at most some hundred are read ahead. Leaving the loop early kills all trees.
    /// </summary>
    /// <param name="host">Where.</param>
    /// <param name="pipeline">What.</param>
    /// <param name="cancellationToken">Stops all trees by <see cref="ChildProcessStartInfo.Stop"/> of their stages.</param>
    /// <returns>The lines without their ends (CR, LF or CRLF), each with its stream and stage.</returns>
    /// <exception cref="ArgumentException">A start info is faulty, or standard input of the first stage is a pipe.</exception>
    /// <exception cref="ChildProcessStartException">The start of a stage failed; nothing is left of any.</exception>
    /// <exception cref="ChildProcessExitException">After the last line: the pipeline was not successful.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before every stage had exited and all output had ended; all trees are empty.</exception>
    public static async IAsyncEnumerable<PipelineLine> ReadLinesAsync(
        this IChildProcessHost host, ChildPipeline pipeline, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        pipeline = Piped(pipeline);
        RunningPipeline running = await host.StartAsync(pipeline, cancellationToken).ConfigureAwait(false);
        await using (running.ConfigureAwait(false))
        {
            Channel<PipelineLine> lines = Channel.CreateBounded<PipelineLine>(LinesAhead);
            using CancellationTokenSource left = new();
            Task reading = StageOutput.ReadLinesAsync(running, lines.Writer, left.Token);
            Task<RunningPipeline.StageEnd[]> ending = running.RunToEndAsync(cancellationToken);

            // What a stream of the caller throws ends the lines behind those that are here: the stages may never end them.
            _ = ending.ContinueWith(
                ended => lines.Writer.TryComplete(ended.Exception!.InnerException), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            try
            {
                await foreach (PipelineLine line in lines.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    yield return line;
                }
            }
            finally
            {
                await left.CancelAsync().ConfigureAwait(false); // nobody takes the lines any more
            }

            await reading.ConfigureAwait(false);
            await ending.ConfigureAwait(false);
            if (running.Verdict() is { FailedStage: { } failed } verdict)
            {
                throw new ChildProcessExitException(pipeline.Stages[failed].FileName, verdict.Status);
            }
        }
    }

    private static void RefuseTerminals(ChildPipeline pipeline)
    {
        if (pipeline.Stages.Any(TerminalStdio.IsIn))
        {
            throw new ArgumentException("Nobody here would serve the terminal of a stage: use StartAsync.", nameof(pipeline));
        }
    }

    private static ChildPipeline Piped(ChildPipeline pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        if (pipeline.Stages[0].StandardInput?.IsPipe == true)
        {
            throw new ArgumentException("Nobody here would write to the pipe: use StartAsync.", nameof(pipeline));
        }

        RefuseTerminals(pipeline);
        int last = pipeline.Stages.Count - 1;
        return pipeline.With((stage, i) => new ChildProcessStartInfo(stage)
        {
            StandardInput = i == 0 ? stage.StandardInput ?? ChildStdio.Null : null,
            StandardOutput = i == last ? stage.StandardOutput ?? ChildStdio.Pipe : null,
            StandardError = stage.StandardError ?? ChildStdio.Pipe,
        });
    }

    private static ChildResult[] Results(RunningPipeline running, RunningPipeline.StageEnd[] ends)
    {
        ChildResult[] results = new ChildResult[ends.Length];
        for (int i = 0; i < results.Length; i++)
        {
            IChildProcess stage = running.Stages[i];
            string[] left = stage.StartInfo.Leftovers == Leftovers.Kill && stage is LocalChildProcess local ? local.Leftovers() : [];
            results[i] = new ChildResult
            {
                Status = stage.Exit ?? ExitStatus.Unknown,
                Elapsed = ends[i].Elapsed,
                InputIncomplete = stage.InputIncomplete,
                OutputIncomplete = stage.OutputIncomplete || ends[i].KilledForJoint is not null,
                KilledLeftovers = [.. ends[i].KilledForJoint ?? [], .. left],
                FileName = stage.StartInfo.FileName,
            };
        }

        return results;
    }
}
