namespace ChildProc;

/// <summary>Starts child processes on this machine, each the root of a tree that its owner holds to the end.</summary>
/// <remarks>
/// All members are thread-safe and go through <see cref="ChildProcessHost.Local"/>. No shell is ever involved, and a child
/// inherits the three standard streams and the named handles, nothing else.
/// </remarks>
public static class ChildProcess
{
    /// <summary>Starts a child; standard streams are inherited unless the start info says otherwise.</summary>
    /// <param name="info">What to start.</param>
    /// <param name="lifetime">Governs the life of the child: on cancellation <see cref="ChildProcessStartInfo.Stop"/> runs.</param>
    /// <returns>The running child, which the caller owns and disposes.</returns>
    /// <exception cref="ArgumentException">The start info is faulty; nothing was started.</exception>
    /// <exception cref="ChildProcessStartException">The start failed; nothing is left of it.</exception>
    /// <exception cref="PlatformNotSupportedException">The containment that was asked for is not available here.</exception>
    /// <exception cref="OperationCanceledException">The lifetime is over already.</exception>
    public static IChildProcess Start(ChildProcessStartInfo info, CancellationToken lifetime = default)
        => Prepare(info).Start(lifetime);

    /// <summary>As <see cref="Start"/>, without blocking a thread.</summary>
    /// <inheritdoc cref="Start"/>
    public static ValueTask<IChildProcess> StartAsync(ChildProcessStartInfo info, CancellationToken lifetime = default)
        => ChildProcessHost.Local.StartAsync(info, lifetime);

    /// <inheritdoc cref="ChildProcessHostExtensions.RunAsync"/>
    public static Task<ChildResult> RunAsync(ChildProcessStartInfo info, CancellationToken cancellationToken = default)
        => ChildProcessHost.Local.RunAsync(info, cancellationToken);

    /// <inheritdoc cref="ChildProcessHostExtensions.CaptureAsync"/>
    public static Task<CapturedResult> CaptureAsync(ChildProcessStartInfo info, CancellationToken cancellationToken = default)
        => ChildProcessHost.Local.CaptureAsync(info, cancellationToken);

    /// <inheritdoc cref="ChildProcessHostExtensions.ReadLinesAsync"/>
    public static IAsyncEnumerable<OutputLine> ReadLinesAsync(ChildProcessStartInfo info, CancellationToken cancellationToken = default)
        => ChildProcessHost.Local.ReadLinesAsync(info, cancellationToken);

    /// <summary>Checks, resolves and encodes a command once, for hot loops.</summary>
    /// <param name="info">What to start.</param>
    /// <returns>The prepared command.</returns>
    /// <exception cref="ArgumentException">The start info is faulty.</exception>
    /// <exception cref="ChildProcessStartException">There is nothing to execute in the child's PATH.</exception>
    /// <exception cref="PlatformNotSupportedException">The containment that was asked for is not available here.</exception>
    public static PreparedCommand Prepare(ChildProcessStartInfo info) => ChildProcessHost.LocalHost.Prepare(info);
}
