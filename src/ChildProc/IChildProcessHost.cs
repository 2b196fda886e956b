namespace ChildProc;

/// <summary>Something that starts children: this machine, a fake in a test, or a remote one.</summary>
/// <remarks>
/// Run, capture and read-lines are extensions over it (<see cref="ChildProcessHostExtensions"/>), so an implementation has
/// one method to write. Disposing a host kills the trees that were started through it.
/// </remarks>
public interface IChildProcessHost : IAsyncDisposable
{
    /// <summary>Starts a child.</summary>
    /// <param name="info">What to start.</param>
    /// <param name="lifetime">Governs the life of the child: on cancellation <see cref="ChildProcessStartInfo.Stop"/> runs.</param>
    /// <returns>The running child.</returns>
    /// <exception cref="ArgumentException">The start info is faulty; nothing was started.</exception>
    /// <exception cref="ChildProcessStartException">The start failed; nothing is left of it.</exception>
    /// <exception cref="PlatformNotSupportedException">The containment that was asked for is not available here.</exception>
    /// <exception cref="OperationCanceledException">The lifetime was over before the child ran; nothing is left of it.</exception>
    ValueTask<IChildProcess> StartAsync(ChildProcessStartInfo info, CancellationToken lifetime = default);
}
