using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ChildProc.Pipelines;

namespace ChildProc;

/// <summary>A running or ended pipeline, which owns the trees of all its stages.</summary>
/// <remarks>
/// Cancelled, stopped and disposed as one: when such a call has returned, no process of any stage is left (but for what a
/// stage with <see cref="Leftovers.Release"/> left behind when it exited by itself, before a cancellation or a disposal).
/// The stages are ended from the last to the first, so that no consumer takes the death of its producer for the end of its
/// input. All members may be called from any thread at any time, also when all stages are gone or the object is disposed. A
/// forgotten pipeline is killed after a garbage collection; a pending wait, read or write on any stage keeps all of them.
/// </remarks>
public sealed class RunningPipeline : IAsyncDisposable, IDisposable
{
    // Whoever reads the last stage must not lose the first one to the collector: that would look like the end of the data.
    private static readonly ConditionalWeakTable<IChildProcess, RunningPipeline> s_pipelineOf = [];

    private readonly IChildProcess[] _stages;
    private readonly string?[] _joints;
    private readonly StageLifetimes _lifetimes;

    internal RunningPipeline(ChildPipeline pipeline, IChildProcess[] stages, string?[] joints, StageLifetimes lifetimes)
    {
        Pipeline = pipeline;
        _stages = stages;
        _joints = joints;
        _lifetimes = lifetimes;
        Stages = Array.AsReadOnly(stages);
        foreach (IChildProcess stage in stages)
        {
            s_pipelineOf.AddOrUpdate(stage, this);
        }
    }

    /// <summary>A forgotten pipeline: its stages end by themselves; only the token must not hold on to it.</summary>
    ~RunningPipeline() => _lifetimes.Dispose();

    /// <summary>What was started.</summary>
    public ChildPipeline Pipeline { get; }

    /// <summary>The stages, from the first producer to the last consumer. The joined streams of a stage are no property of it.</summary>
    public IReadOnlyList<IChildProcess> Stages { get; }

    /// <summary>Writes to the first stage; see <see cref="IChildProcess.StandardInput"/>.</summary>
    /// <exception cref="InvalidOperationException">Standard input of the first stage is no pipe.</exception>
    public PipeWriter StandardInput => _stages[0].StandardInput;

    /// <summary>Reads what the last stage writes; see <see cref="IChildProcess.StandardOutput"/>.</summary>
    /// <exception cref="InvalidOperationException">Standard output of the last stage is no pipe.</exception>
    public PipeReader StandardOutput => _stages[^1].StandardOutput;

    /// <summary>Whether every stage has exited; descendants may live on, and output may still be under way.</summary>
    public bool HasExited => Array.TrueForAll(_stages, static stage => stage.HasExited);

    /// <summary>The status of the pipeline by <see cref="ChildPipeline.Rule"/>, or null while a stage runs.</summary>
    public ExitStatus? Exit => HasExited ? Verdict().Status : null;

    /// <summary>Waits until every stage has exited; for any number of callers.</summary>
    /// <param name="cancellationToken">Ends this wait only; no stage is touched.</param>
    /// <returns>The status of the pipeline by <see cref="ChildPipeline.Rule"/>; a failure is a value.</returns>
    /// <exception cref="ChildProcessTreeException">The lifetime was cancelled, and something cannot be killed.</exception>
    /// <exception cref="OperationCanceledException">
    /// This wait was cancelled; or the lifetime token was, before every stage had exited, and now all trees are empty.
    /// </exception>
    public async ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            foreach (IChildProcess stage in _stages)
            {
                await stage.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_lifetimes.Lifetime.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(Array.ConvertAll(_stages, EndCancelledAsync)).ConfigureAwait(false);
            throw new OperationCanceledException(_lifetimes.Lifetime);
        }

        GC.KeepAlive(this);
        return Verdict().Status;
    }

    /// <summary>Waits until no process of any stage is left; ends nothing by itself.</summary>
    /// <param name="cancellationToken">Ends this wait only.</param>
    /// <returns>The wait.</returns>
    /// <exception cref="ChildProcessTreeException">The containment of a stage was lost, so that nobody can tell.</exception>
    /// <exception cref="OperationCanceledException">This wait was cancelled.</exception>
    public async ValueTask WaitForTreesAsync(CancellationToken cancellationToken = default)
    {
        foreach (IChildProcess stage in _stages)
        {
            await stage.WaitForTreeAsync(cancellationToken).ConfigureAwait(false);
        }

        GC.KeepAlive(this);
    }

    /// <summary>
    /// Kills the trees of all stages, daemons included, and does not wait; nothing happens to those that are gone. Each is
    /// killed when its consumer has exited, or 250 ms after that was killed.
    /// </summary>
    public void Kill() => _ = EndOrder.ForAllAsync(
        _stages,
        static stage =>
        {
            stage.Kill();
            return stage.WaitForExitAsync(CancellationToken.None).AsTask();
        }).ContinueWith(static t => _ = t.Exception, TaskScheduler.Default); // those who wait for the stages see it, too

    /// <summary>
    /// Stops all stages, from the last to the first: signal, grace, kill; returns when all trees are empty. Each gets its signal
    /// when its consumer has exited, or 250 ms after that got its own.
    /// </summary>
    /// <param name="policy">How; null for <see cref="ChildProcessStartInfo.Stop"/> of each stage.</param>
    /// <param name="cancellationToken">Ends the grace: the trees are killed at once.</param>
    /// <returns>The status of the pipeline by <see cref="ChildPipeline.Rule"/>.</returns>
    /// <exception cref="ArgumentException">The policy is for process groups, and a stage has none of its own; nothing was done.</exception>
    /// <exception cref="ChildProcessTreeException">Something cannot be killed, or the containment of a stage was lost.</exception>
    /// <exception cref="OperationCanceledException">The grace was cut short; all trees are empty.</exception>
    public async ValueTask<ExitStatus> StopAsync(StopPolicy? policy = null, CancellationToken cancellationToken = default)
    {
        if (policy?.Scope == SignalScope.ProcessGroup
            && !Array.TrueForAll(_stages, static stage => stage.StartInfo.NewProcessGroup || stage.StartInfo.NewSession))
        {
            throw new ArgumentException("A stage is in the host's process group, which it has no right to speak for.", nameof(policy));
        }

        await EndOrder.ForAllAsync(_stages, stage => stage.StopAsync(policy, cancellationToken).AsTask()).ConfigureAwait(false);
        return Verdict().Status;
    }

    /// <summary>Kills what is left of all trees, in the order of <see cref="Kill"/>, and returns when they are gone.</summary>
    /// <returns>The disposal.</returns>
    public async ValueTask DisposeAsync()
    {
        await EndOrder.ForAllAsync(_stages, static stage => stage.DisposeAsync().AsTask()).ConfigureAwait(false);
        _lifetimes.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>As <see cref="DisposeAsync"/>, blocking; each stage is killed when its consumer's tree is gone.</summary>
    public void Dispose()
    {
        for (int i = _stages.Length - 1; i >= 0; i--)
        {
            _stages[i].Dispose();
        }

        _lifetimes.Dispose();
        GC.SuppressFinalize(this);
    }

    internal Verdict Verdict() => Pipelines.Verdict.Of(Pipeline.Rule, Array.ConvertAll(_stages, static stage => stage.Exit ?? ExitStatus.Unknown));

    /// <summary>Waits for all stages, none of which is kept waiting by what another one left behind.</summary>
    /// <returns>For each stage when it ended, and who was killed to end the input of the next one.</returns>
    internal async Task<StageEnd[]> RunToEndAsync(CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        Task<StageEnd[]> ends = Task.WhenAll(_stages.Select((_, i) => EndAsync(i)));
        Task exited = WaitForExitAsync(CancellationToken.None).AsTask();
        Task streams = Task.WhenAll(_stages.Select(static stage => stage.WaitForStreamsAsync(CancellationToken.None).AsTask()));
        Task all = Task.WhenAll(exited, ends);
        if (await Task.WhenAny(all, streams).ConfigureAwait(false) == streams)
        {
            await streams.ConfigureAwait(false); // what a stream of the caller throws ends the run at once
        }

        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await exited.ConfigureAwait(false); // it tells best what went wrong
        await streams.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await ends.ConfigureAwait(false);

        async Task<StageEnd> EndAsync(int i)
        {
            await _stages[i].WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
            return new StageEnd(elapsed, i < _joints.Length ? await JointDrain.RunAsync(_stages[i], _stages[i + 1], _joints[i]).ConfigureAwait(false) : null);
        }
    }

    // A cancelled stage is waited for until its tree is empty; one that had exited before that may have left somebody.
    private static async Task EndCancelledAsync(IChildProcess stage)
    {
        try
        {
            await stage.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (stage.StartInfo.Leftovers != Leftovers.Release)
        {
            await stage.StopAsync(StopPolicy.Kill, CancellationToken.None).ConfigureAwait(false);
        }
    }

    internal readonly record struct StageEnd(TimeSpan Elapsed, string[]? KilledForJoint);
}
