namespace ChildProc.Tests.Pipelines;

/// <summary>A host that is not this library's own: it passes starts on and counts them, or fails one of them.</summary>
internal sealed class CountingHost(IChildProcessHost host) : IChildProcessHost
{
    internal int Starts { get; private set; }

    /// <summary>The number of the start that fails, from 1; 0 for none.</summary>
    internal int Failing { get; init; }

    public ValueTask<IChildProcess> StartAsync(ChildProcessStartInfo info, CancellationToken lifetime = default)
        => ++Starts == Failing
            ? throw new ChildProcessStartException("as asked", StartStage.Execute, 1, info.FileName)
            : host.StartAsync(info, lifetime);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
