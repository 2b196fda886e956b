namespace ChildProc.Testing;

/// <summary>A helper program of a test: started, waited for until it is ready, and gone with its whole tree at the end.</summary>
/// <remarks>
/// What it prints is collected for the message of a failure: the last 64 KiB of both streams, line by line. Streams that the start
/// info sets to something are left as they are, and not collected. Members are thread-safe.
/// </remarks>
public sealed class TestChild : IAsyncDisposable
{
    /// <summary>How long a child may take to become ready, and a line to come, when nothing else is said: 30 s.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    private readonly TestOutput _output;

    private TestChild(IChildProcess process, TestOutput output)
    {
        Process = process;
        _output = output;
    }

    /// <summary>The child itself. Its owner is this object.</summary>
    public IChildProcess Process { get; }

    /// <summary>What it has printed so far: the last lines of both streams.</summary>
    public string Output => _output.ToString();

    /// <summary>Starts a child and waits until it is ready. When that fails, nothing of it is left.</summary>
    /// <param name="info">What to start. Standard input is at its end unless it is set.</param>
    /// <param name="ready">How it shows that it is ready; null: it need not.</param>
    /// <param name="deadline">How long it may take; null for <see cref="DefaultDeadline"/>; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="host">Who starts it; null for <see cref="ChildProcessHost.Local"/>.</param>
    /// <param name="cancellationToken">Ends the wait until it is ready.</param>
    /// <returns>The child, ready.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative.</exception>
    /// <exception cref="TestChildException">It ended before it was ready, or the deadline was over. The message has its output.</exception>
    /// <exception cref="ChildProcessStartException">The start failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<TestChild> StartAsync(
        ChildProcessStartInfo info,
        Readiness? ready = null,
        TimeSpan? deadline = null,
        IChildProcessHost? host = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(info);
        TimeSpan time = Within(deadline);
        TestOutput output = new();
        ChildProcessStartInfo collected = new(info)
        {
            StandardInput = info.StandardInput ?? ChildStdio.Null,
            StandardOutput = info.StandardOutput ?? ChildStdio.Lines(output.Add),
            StandardError = info.StandardError ?? ChildStdio.Lines(output.Add),
        };
        IChildProcess process = await (host ?? ChildProcessHost.Local).StartAsync(collected, CancellationToken.None).ConfigureAwait(false);
        TestChild child = new(process, output);
        try
        {
            if (ready is not null)
            {
                await child.WaitAsync(ready, time, cancellationToken).ConfigureAwait(false);
            }

            return child;
        }
        catch
        {
            await child.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until something more is so.</summary>
    /// <param name="ready">What; lines that were printed before count.</param>
    /// <param name="deadline">How long it may take; null for <see cref="DefaultDeadline"/>; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The wait.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative.</exception>
    /// <exception cref="TestChildException">The child ended before, or the deadline was over. The message has its output.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task WaitAsync(Readiness ready, TimeSpan? deadline = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ready);
        return WaitAsync(ready, Within(deadline), cancellationToken);
    }

    /// <summary>Kills what is left of the tree and returns when it is empty.</summary>
    /// <returns>The wait.</returns>
    /// <exception cref="ChildProcessTreeException">Something of it cannot be killed, or nobody can tell.</exception>
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync().ConfigureAwait(false);
        await Process.WaitForTreeAsync().ConfigureAwait(false); // it is over: a fault that the disposal only logs
    }

    // What no timer can wait for is for ever.
    private static TimeSpan Within(TimeSpan? deadline)
    {
        if (deadline is not { } time || time == Timeout.InfiniteTimeSpan)
        {
            return deadline ?? DefaultDeadline;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, nameof(deadline));
        return time.TotalMilliseconds > int.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));
    }

    private async Task WaitAsync(Readiness ready, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task wait = ready.WaitAsync(_output, over.Token);
        Task ended = EndedAsync(over.Token);
        try
        {
            await Task.WhenAny(wait, ended).WaitAsync(deadline, cancellationToken).ConfigureAwait(false);
            if (!wait.IsCompleted)
            {
                throw Failure($"ended ({Process.Exit}) before there was {ready.What}");
            }
        }
        catch (TimeoutException)
        {
            throw Failure($"waited in vain for {ready.What}, {deadline.TotalSeconds} s long");
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(wait, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await wait.ConfigureAwait(false); // what a probe threw
    }

    // Its last lines come after its end.
    private async Task EndedAsync(CancellationToken cancellationToken)
    {
        await Process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        await Process.WaitForStreamsAsync(cancellationToken).ConfigureAwait(false);
    }

    private TestChildException Failure(string what)
    {
        string command = string.Join(' ', [Process.StartInfo.FileName, .. Process.StartInfo.Arguments]);
        string output = Output;
        return new TestChildException($"{command}: {what}. {(output.Length == 0 ? "It printed nothing." : $"It printed:\n{output}")}");
    }
}
