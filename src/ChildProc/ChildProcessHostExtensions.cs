using System.Diagnostics;
using System.Runtime.CompilerServices;
using ChildProc.Output;
using ChildProc.Stdio;

namespace ChildProc;

/// <summary>Whole runs of a child over any host: start, stream, wait, and leave nothing behind.</summary>
public static class ChildProcessHostExtensions
{
    /// <summary>Runs a child to its end; what it leaves behind is killed unless the start info releases it.</summary>
    /// <param name="host">Where.</param>
    /// <param name="info">What; no stream may be a pipe or a terminal of its own, for nobody would serve it.</param>
    /// <param name="cancellationToken">Stops the tree by <see cref="ChildProcessStartInfo.Stop"/>.</param>
    /// <returns>How it ended; a failure is a value, see <see cref="ChildResult.EnsureSuccess"/>.</returns>
    /// <exception cref="ArgumentException">The start info is faulty, or a stream is a pipe or a terminal of its own.</exception>
    /// <exception cref="ChildProcessStartException">The start failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the child exited; the tree is empty.</exception>
    public static async Task<ChildResult> RunAsync(this IChildProcessHost host, ChildProcessStartInfo info, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(info);
        if (info.StandardInput?.IsPipe == true || info.StandardOutput?.IsPipe == true || info.StandardError?.IsPipe == true)
        {
            throw new ArgumentException("A run has nobody to serve a pipe: use CaptureAsync, ReadLinesAsync or StartAsync.", nameof(info));
        }

        if (TerminalStdio.IsIn(info))
        {
            throw new ArgumentException("A run has nobody at a terminal: use CaptureAsync, ReadLinesAsync or StartAsync.", nameof(info));
        }

        long began = Stopwatch.GetTimestamp();
        IChildProcess child = await host.StartAsync(info, cancellationToken).ConfigureAwait(false);
        await using (child.ConfigureAwait(false))
        {
            ExitStatus status = await WaitAsync(child, cancellationToken).ConfigureAwait(false);
            return new ChildResult
            {
                Status = status,
                Elapsed = Stopwatch.GetElapsedTime(began),
                OutputIncomplete = child.OutputIncomplete,
                InputIncomplete = child.InputIncomplete,
                KilledLeftovers = Leftovers(child),
                FileName = info.FileName,
            };
        }
    }

    /// <summary>
    /// Runs a child to its end and returns what it wrote, as text. Standard input is at end of file unless the start info
    /// says otherwise.
    /// </summary>
    /// <param name="host">Where.</param>
    /// <param name="info">What; <see cref="ChildProcessStartInfo.CaptureLimit"/> bounds what is kept of each stream.</param>
    /// <param name="cancellationToken">Stops the tree by <see cref="ChildProcessStartInfo.Stop"/>.</param>
    /// <returns>How it ended and what it wrote; a stream that is no pipe gives an empty text. A terminal gives all that it
    /// shows, errors included, as standard output, with CR LF unless it is raw.</returns>
    /// <exception cref="ArgumentException">The start info is faulty, or standard input is a pipe or a raw terminal, or nobody would read the terminal.</exception>
    /// <exception cref="ChildProcessStartException">The start failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the child had exited and its output had ended; the tree is empty.</exception>
    public static async Task<CapturedResult> CaptureAsync(this IChildProcessHost host, ChildProcessStartInfo info, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        info = Piped(info);
        long began = Stopwatch.GetTimestamp();
        IChildProcess child = await host.StartAsync(info, cancellationToken).ConfigureAwait(false);
        await using (child.ConfigureAwait(false))
        {
            EndInput(child, info);
            Task<CaptureBuffer> output = Capture.ReadAsync(Readable.Output(child, info), info.CaptureLimit);
            Task<CaptureBuffer> error = Capture.ReadAsync(Readable.Error(child, info), info.CaptureLimit);
            ExitStatus status = await WaitAsync(child, cancellationToken).ConfigureAwait(false);

            // Both end within the drain time, whoever else holds the pipes.
            CaptureBuffer standardOutput = await output.WaitAsync(cancellationToken).ConfigureAwait(false);
            CaptureBuffer standardError = await error.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new CapturedResult
            {
                Status = status,
                Elapsed = Stopwatch.GetElapsedTime(began),
                StandardOutput = standardOutput.ToText(info.OutputEncoding),
                StandardError = standardError.ToText(info.OutputEncoding),
                DroppedOutputBytes = standardOutput.Dropped,
                DroppedErrorBytes = standardError.Dropped,
                OutputIncomplete = child.OutputIncomplete,
                InputIncomplete = child.InputIncomplete,
                KilledLeftovers = Leftovers(child),
                FileName = info.FileName,
            };
        }
    }

    /// <summary>
    /// Runs a child and yields the lines of both its outputs as they arrive; at most some hundred are read ahead. Leaving the
    /// loop early kills the tree.
    /// </summary>
    /// <param name="host">Where.</param>
    /// <param name="info">What.</param>
    /// <param name="cancellationToken">Stops the tree by <see cref="ChildProcessStartInfo.Stop"/>.</param>
    /// <returns>
    /// The lines without their ends (CR, LF or CRLF), each with its stream; those of one stream in order, those of two as they
    /// arrive. With <see cref="ChildStdio.ToStandardOutput"/> for standard error the order is that of writing.
    /// </returns>
    /// <exception cref="ArgumentException">The start info is faulty, or standard input is a pipe or a raw terminal, or nobody would read the terminal.</exception>
    /// <exception cref="ChildProcessStartException">The start failed.</exception>
    /// <exception cref="ChildProcessExitException">After the last line: the child was not successful.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the child had exited and its output had ended; the tree is empty.</exception>
    public static async IAsyncEnumerable<OutputLine> ReadLinesAsync(
        this IChildProcessHost host, ChildProcessStartInfo info, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        info = Piped(info);
        IChildProcess child = await host.StartAsync(info, cancellationToken).ConfigureAwait(false);
        await using (child.ConfigureAwait(false))
        {
            EndInput(child, info);
            using LineFeed feed = new(info, cancellationToken);
            Task reading = feed.ReadAsync(child);
            try
            {
                await foreach (OutputLine line in feed.Lines.ConfigureAwait(false))
                {
                    yield return line;
                }
            }
            finally
            {
                feed.Leave();
                await reading.ConfigureAwait(false);
            }

            if (feed.WasCut)
            {
                throw new OperationCanceledException(cancellationToken);
            }

            ExitStatus status = await WaitAsync(child, cancellationToken).ConfigureAwait(false);
            if (!status.IsSuccess)
            {
                throw new ChildProcessExitException(info.FileName, status);
            }
        }
    }

    private static ChildProcessStartInfo Piped(ChildProcessStartInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        if (info.StandardInput?.IsPipe == true)
        {
            throw new ArgumentException("Nobody here would write to the pipe: use StartAsync.", nameof(info));
        }

        ChildStdio output = TerminalStdio.IsIn(info) ? ChildStdio.Terminal : ChildStdio.Pipe;
        info = new ChildProcessStartInfo(info)
        {
            StandardInput = info.StandardInput ?? ChildStdio.Null,
            StandardOutput = info.StandardOutput ?? output,
            StandardError = info.StandardError ?? output,
        };
        if (info.StandardInput is TerminalStdio)
        {
            if (info.TerminalOptions?.Mode == TerminalMode.Raw)
            {
                throw new ArgumentException("Nobody here would type to the child, and a raw terminal has no end of input: use StartAsync.", nameof(info));
            }

            if (info.StandardOutput is not TerminalStdio && info.StandardError is not TerminalStdio)
            {
                throw new ArgumentException("Nobody here would read the terminal: let an output be the terminal, too, or use StartAsync.", nameof(info));
            }
        }

        return info;
    }

    // Nobody types to the child of a whole run: its keyboard is at its end, as the null device would be.
    private static void EndInput(IChildProcess child, ChildProcessStartInfo info)
    {
        if (info.StandardInput is TerminalStdio)
        {
            child.Terminal?.EndOfInput();
        }
    }

    private static string[] Leftovers(IChildProcess child)
        => child.StartInfo.Leftovers == ChildProc.Leftovers.Kill && child is LocalChildProcess local ? local.Leftovers() : [];

    // What the streams of the caller throw ends the run at once: the child is killed when the run is left.
    private static async Task<ExitStatus> WaitAsync(IChildProcess child, CancellationToken cancellationToken)
    {
        Task<ExitStatus> exit = child.WaitForExitAsync(CancellationToken.None).AsTask();
        Task streams = child.WaitForStreamsAsync(CancellationToken.None).AsTask();
        if (await Task.WhenAny(exit, streams).ConfigureAwait(false) == streams)
        {
            await streams.ConfigureAwait(false);
        }

        ExitStatus status = await exit.ConfigureAwait(false);
        await streams.WaitAsync(cancellationToken).ConfigureAwait(false);
        return status;
    }
}
