namespace ChildProc.Pipelines;

/// <summary>One lifetime for each stage: that of the pipeline, whose end they hear of in their <see cref="EndOrder"/>.</summary>
/// <remarks>The token of the pipeline may live long: it holds this object and the engine's trees, never a stage, which can be forgotten.</remarks>
internal sealed class StageLifetimes : IDisposable
{
    private readonly CancellationTokenSource[] _sources;
    private readonly WeakReference<IChildProcess>?[] _stages;
    private readonly CancellationTokenRegistration _registration;

    internal StageLifetimes(int count, CancellationToken lifetime)
    {
        Lifetime = lifetime;
        _sources = new CancellationTokenSource[lifetime.CanBeCanceled ? count : 0];
        _stages = new WeakReference<IChildProcess>?[_sources.Length];
        for (int i = 0; i < _sources.Length; i++)
        {
            _sources[i] = new CancellationTokenSource();
        }

        _registration = lifetime.UnsafeRegister(static self => _ = ((StageLifetimes)self!).EndAsync(), this);
    }

    internal CancellationToken Lifetime { get; }

    internal CancellationToken this[int stage] => _sources.Length == 0 ? CancellationToken.None : _sources[stage].Token;

    internal void Started(int stage, IChildProcess child)
    {
        if (_sources.Length != 0)
        {
            Volatile.Write(ref _stages[stage], new WeakReference<IChildProcess>(child));
        }
    }

    /// <summary>All stages are disposed or forgotten.</summary>
    public void Dispose() => _registration.Unregister(); // the sources hold nothing that needs disposal

    private async Task EndAsync()
    {
        for (int i = _sources.Length - 1; i >= 0; i--)
        {
            await _sources[i].CancelAsync().ConfigureAwait(false);
            if (Volatile.Read(ref _stages[i]) is { } stage && stage.TryGetTarget(out IChildProcess? child))
            {
                await EndOrder.AfterAsync(child.WaitForExitAsync(CancellationToken.None).AsTask()).ConfigureAwait(false);
            }
        }
    }
}
