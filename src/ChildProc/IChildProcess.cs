using System.IO.Pipelines;

namespace ChildProc;

/// <summary>A running or ended child process and the tree that it leads: everything it ever started.</summary>
/// <remarks>
/// The object owns the tree. <see cref="IDisposable.Dispose"/> and <see cref="IAsyncDisposable.DisposeAsync"/> kill
/// whatever is left of it and return when it is gone (unless <see cref="ChildProcessStartInfo.Leftovers"/> is
/// <see cref="Leftovers.Release"/> and the child has exited). What cannot be killed within 10 s is named in the log, and killed
/// as soon as it can be. A forgotten object gives its tree up after a garbage collection, as the end of the host would, and
/// says so in the log. All members may be called from any thread at any time, also after the child is gone or the
/// object is disposed: facts stay, and requests answer that there is nobody left. A pipe has one reader or writer at a time.
/// </remarks>
public interface IChildProcess : IAsyncDisposable, IDisposable
{
    /// <summary>The process id of the child. It stays known when the child is gone; the system may then give it to another.</summary>
    int Id { get; }

    /// <summary>What the child was started from.</summary>
    ChildProcessStartInfo StartInfo { get; }

    /// <summary>What holds the tree together; never <see cref="Containment.Tree"/>, which is only a request.</summary>
    Containment Containment { get; }

    /// <summary>When the child was started, by the host's clock; to the millisecond once the object is disposed.</summary>
    DateTimeOffset StartTime { get; }

    /// <summary>The terminal that the child got with <see cref="ChildStdio.Terminal"/>; null when no stream of it is one.</summary>
    IChildTerminal? Terminal { get; }

    /// <summary>Writes to the child. When the child no longer reads, flushes complete with <c>IsCompleted</c> and nothing throws.</summary>
    /// <exception cref="InvalidOperationException">Standard input is neither pipe nor terminal.</exception>
    PipeWriter StandardInput { get; }

    /// <summary>Reads what the child writes. After the child's exit it ends within <see cref="ChildProcessStartInfo.DrainTimeout"/>.</summary>
    /// <exception cref="InvalidOperationException">Standard output is neither pipe nor terminal.</exception>
    PipeReader StandardOutput { get; }

    /// <summary>As <see cref="StandardOutput"/>, for standard error.</summary>
    /// <exception cref="InvalidOperationException">Standard error is neither pipe nor terminal, or goes where standard output goes.</exception>
    PipeReader StandardError { get; }

    /// <summary>Output was cut after <see cref="ChildProcessStartInfo.DrainTimeout"/>: a descendant still held the pipe.</summary>
    bool OutputIncomplete { get; }

    /// <summary>
    /// The child ended, or stopped reading, before it had taken all of a <see cref="ChildStdio.Stream"/>,
    /// <see cref="ChildStdio.Text"/> or <see cref="ChildStdio.Bytes"/>.
    /// </summary>
    bool InputIncomplete { get; }

    /// <summary>Whether the child itself has exited; its descendants may live on, and output may still be under way.</summary>
    bool HasExited { get; }

    /// <summary>
    /// How the child ended, or null while it runs. <see cref="ExitStatus.IsKnown"/> is false when its containment was lost. What the
    /// child used (<see cref="ExitStatus.Usage"/>) may be forgotten once the object is disposed.
    /// </summary>
    ExitStatus? Exit { get; }

    /// <summary>Waits for the exit of the child; for any number of callers.</summary>
    /// <param name="cancellationToken">Ends this wait only; the child is not touched.</param>
    /// <returns>How the child ended.</returns>
    /// <exception cref="OperationCanceledException">
    /// This wait was cancelled; or the lifetime token of the child was, before it exited, and now the tree is empty.
    /// </exception>
    /// <exception cref="ChildProcessTreeException">The lifetime was cancelled, and something cannot be killed.</exception>
    ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken = default);

    /// <summary>Blocks until the child exits.</summary>
    /// <returns>How the child ended.</returns>
    /// <exception cref="OperationCanceledException">As <see cref="WaitForExitAsync"/>.</exception>
    /// <exception cref="ChildProcessTreeException">As <see cref="WaitForExitAsync"/>.</exception>
    ExitStatus WaitForExit();

    /// <summary>Blocks until the child exits or the time is over.</summary>
    /// <param name="timeout">How long, up to <see cref="TimeSpan.MaxValue"/>; <see cref="Timeout.InfiniteTimeSpan"/> for ever; zero only looks.</param>
    /// <param name="status">How the child ended.</param>
    /// <returns>False when the time was over first: all of it, to the fraction of a millisecond.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    /// <exception cref="OperationCanceledException">As <see cref="WaitForExitAsync"/>.</exception>
    /// <exception cref="ChildProcessTreeException">As <see cref="WaitForExitAsync"/>.</exception>
    bool WaitForExit(TimeSpan timeout, out ExitStatus status);

    /// <summary>
    /// Waits until the streams that the library serves itself are done (<see cref="ChildStdio.Stream"/>, text, bytes, lines,
    /// chunks, tee): all output is delivered, or cut after <see cref="ChildProcessStartInfo.DrainTimeout"/>. At once where
    /// there are none.
    /// </summary>
    /// <param name="cancellationToken">Ends this wait only.</param>
    /// <returns>The wait; it fails with what a callback or a stream of the caller threw, at once and while the other streams go on.</returns>
    /// <exception cref="OperationCanceledException">This wait was cancelled.</exception>
    ValueTask WaitForStreamsAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits until no process of the tree is left. It ends nothing by itself: see <see cref="Kill"/> and <see cref="StopAsync"/>.</summary>
    /// <param name="cancellationToken">Ends this wait only.</param>
    /// <returns>The wait.</returns>
    /// <exception cref="ChildProcessTreeException">The containment was lost, so that nobody can tell.</exception>
    /// <exception cref="OperationCanceledException">This wait was cancelled.</exception>
    ValueTask WaitForTreeAsync(CancellationToken cancellationToken = default);

    /// <summary>Sends a signal.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="scope">To whom. <see cref="SignalScope.ProcessGroup"/> needs a child with a group or session of its own.</param>
    /// <returns>
    /// False when nobody is left to receive it, or when its supervisor has been stopped and takes no more for two seconds; the latter is
    /// logged. So is a refusal by the system (a setuid descendant).
    /// </returns>
    /// <exception cref="ArgumentException">No signal, or a group that is the host's.</exception>
    bool Signal(ChildSignal signal, SignalScope scope = SignalScope.Child);

    /// <summary>Kills the whole tree, daemons included, and does not wait; nothing happens when it is gone.</summary>
    void Kill();

    /// <summary>Stops the child in order: signal, grace, kill of the whole tree; returns when the tree is empty.</summary>
    /// <param name="policy">How; null for <see cref="ChildProcessStartInfo.Stop"/>.</param>
    /// <param name="cancellationToken">Ends the grace: the tree is killed at once.</param>
    /// <returns>How the child ended; at once when the tree is gone already.</returns>
    /// <exception cref="ChildProcessTreeException">Something cannot be killed (uninterruptible sleep), or the containment was lost.</exception>
    /// <exception cref="OperationCanceledException">The grace was cut short; the tree is empty.</exception>
    ValueTask<ExitStatus> StopAsync(StopPolicy? policy = null, CancellationToken cancellationToken = default);

    /// <summary>The process ids of all descendants of the child, daemons included, parents before children.</summary>
    /// <returns>The ids at this moment; empty when the tree is gone.</returns>
    IReadOnlyList<int> GetDescendantIds();
}
