using System.Collections.ObjectModel;
using System.Diagnostics;
using ChildProc.Diagnostics;

namespace ChildProc;

/// <summary>
/// <c>a | b | c</c> without a shell: children joined by pipes of the kernel, so that no byte goes through the host.
/// Immutable, safe to share between threads, usable for any number of starts.
/// </summary>
/// <remarks>
/// <para>
/// Standard output of each stage but the last goes to standard input of the next. These joined streams stay null in the
/// start infos; all others are the stage's own setting, every standard error included. A standard error that is
/// <see cref="ChildStdio.ToStandardOutput"/> goes into the joint, too: a shell's <c>|&amp;</c>.
/// </para>
/// <para>
/// Stages are started from the last to the first: no producer runs before its consumers are there, and when a start fails,
/// those that run already are killed before they could take that for the end of their input.
/// </para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ChildPipeline
{
    private readonly ReadOnlyCollection<ChildProcessStartInfo> _stages;

    /// <summary>Makes a pipeline of its stages.</summary>
    /// <param name="stages">The stages from the first producer to the last consumer, at least one; copied.</param>
    /// <exception cref="ArgumentNullException">The stages or one of them are null.</exception>
    /// <exception cref="ArgumentException">There is no stage, or a start info sets a stream that is joined here.</exception>
    public ChildPipeline(params IEnumerable<ChildProcessStartInfo> stages)
    {
        ArgumentNullException.ThrowIfNull(stages);
        ChildProcessStartInfo[] all = [.. stages];
        if (all.Length == 0)
        {
            throw new ArgumentException("A pipeline has at least one stage.", nameof(stages));
        }

        for (int i = 0; i < all.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(all[i], nameof(stages));
            if (Fault(all, i) is { } fault)
            {
                throw new ArgumentException(fault, nameof(stages));
            }
        }

        _stages = Array.AsReadOnly(all);
    }

    private ChildPipeline(ChildPipeline other, ChildProcessStartInfo next)
        : this([.. other._stages, next])
    {
        Rule = other.Rule;
    }

    /// <summary>The stages, from the first producer to the last consumer.</summary>
    public IReadOnlyList<ChildProcessStartInfo> Stages => _stages;

    /// <summary>Which stage speaks for the pipeline; default <see cref="PipelineRule.Pipefail"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a rule.</exception>
    public PipelineRule Rule
    {
        get;
        init
        {
            if (value is < PipelineRule.Pipefail or > PipelineRule.All)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "Not a rule.");
            }

            field = value;
        }
    }

    /// <summary>The pipeline with one stage more at its end; this one stays as it is.</summary>
    /// <param name="next">The new last stage.</param>
    /// <returns>The longer pipeline, with the same <see cref="Rule"/>.</returns>
    /// <exception cref="ArgumentNullException">The stage is null.</exception>
    /// <exception cref="ArgumentException">A start info sets a stream that is joined now.</exception>
    public ChildPipeline Pipe(ChildProcessStartInfo next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new ChildPipeline(this, next);
    }

    /// <summary>Starts the stages on this machine; see <see cref="ChildPipelineHostExtensions.StartAsync"/>.</summary>
    /// <inheritdoc cref="ChildPipelineHostExtensions.StartAsync"/>
    public ValueTask<RunningPipeline> StartAsync(CancellationToken lifetime = default) => ChildProcessHost.Local.StartAsync(this, lifetime);

    /// <inheritdoc cref="ChildPipelineHostExtensions.RunAsync"/>
    public Task<PipelineResult> RunAsync(CancellationToken cancellationToken = default) => ChildProcessHost.Local.RunAsync(this, cancellationToken);

    /// <inheritdoc cref="ChildPipelineHostExtensions.CaptureAsync"/>
    public Task<CapturedPipelineResult> CaptureAsync(CancellationToken cancellationToken = default)
        => ChildProcessHost.Local.CaptureAsync(this, cancellationToken);

    /// <inheritdoc cref="ChildPipelineHostExtensions.ReadLinesAsync"/>
    public IAsyncEnumerable<PipelineLine> ReadLinesAsync(CancellationToken cancellationToken = default)
        => ChildProcessHost.Local.ReadLinesAsync(this, cancellationToken);

    /// <summary>The programs with bars between them, without their arguments, which may be secrets.</summary>
    /// <returns>For example "tar | gzip".</returns>
    public override string ToString() => string.Join(" | ", _stages.Select(static stage => stage.FileName));

    /// <summary>The same pipeline with other settings of its free streams; the joined ones are untouched.</summary>
    internal ChildPipeline With(Func<ChildProcessStartInfo, int, ChildProcessStartInfo> change)
        => new([.. _stages.Select(change)]) { Rule = Rule };

    private static string? Fault(ChildProcessStartInfo[] all, int i)
    {
        string stage = $"stage {i} ({Quote.Name(all[i].FileName)})";
        return i > 0 && all[i].StandardInput is not null ? $"Standard input of {stage} comes from the stage before it: leave it null."
            : i < all.Length - 1 && all[i].StandardOutput is not null ? $"Standard output of {stage} goes to the next stage: leave it null."
            : null;
    }
}
