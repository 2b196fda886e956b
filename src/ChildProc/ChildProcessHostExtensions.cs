using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ChildProc.Stdio;

namespace ChildProc;

/// <summary>Whole runs of a child over any host: start, stream, wait, and leave nothing behind.</summary>
public static class ChildProcessHostExtensions
{
    private const int LinesAhead = 256;

    /// <summary>Runs a child to its end; what it leaves behind is killed unless the start info releases it.</summary>
    /// <param name="host">Where.</param>
    /// <param name="info">What; no stream may be a pipe, for nobody would serve it.</param>
    /// <param name="cancellationToken">Stops the tree by <see cref="ChildProcessStartInfo.Stop"/>.</param>
    /// <returns>How it ended; a failure is a value, see <see cref="ChildResult.EnsureSuccess"/>.</returns>
    /// <exception cref="ArgumentException">The start info is faulty, or a stream is a pipe.</exception>
    /// <exception cref="ChildProcessStartException">The start failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the child exited; the tree is empty.</exception>
    public static async Task<ChildResult> RunAsync(this IChildProcessHost host, ChildProcessStartInfo info, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(info);
        if (info.StandardInput is PipeStdio || info.StandardOutput is PipeStdio || info.StandardError is PipeStdio)
        {
            throw new ArgumentException("A run has nobody to serve a pipe: use CaptureAsync, ReadLinesAsync or StartAsync.", nameof(info));
        }

        long began = Stopwatch.GetTimestamp();
        IChildProcess child = await host.StartAsync(info, cancellationToken).ConfigureAwait(false);
        await using (child.ConfigureAwait(false))
        {
            ExitStatus status = await child.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            return new ChildResult
            {
                Status = status,
                Elapsed = Stopwatch.GetElapsedTime(began),
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
    /// <returns>How it ended and what it wrote; a stream that is no pipe gives an empty text.</returns>
    /// <exception cref="ArgumentException">The start info is faulty, or standard input is a pipe.</exception>
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
            Task<Captured> output = CollectAsync(info.StandardOutput is PipeStdio ? child.StandardOutput : null, info);
            Task<Captured> error = CollectAsync(info.StandardError is PipeStdio ? child.StandardError : null, info);
            ExitStatus status = await child.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);

            // Both end within the drain time, whoever else holds the pipes.
            Captured standardOutput = await output.WaitAsync(cancellationToken).ConfigureAwait(false);
            Captured standardError = await error.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new CapturedResult
            {
                Status = status,
                Elapsed = Stopwatch.GetElapsedTime(began),
                StandardOutput = standardOutput.Text,
                StandardError = standardError.Text,
                OutputTruncated = standardOutput.Truncated || standardError.Truncated,
                OutputIncomplete = child.OutputIncomplete,
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
    /// <returns>The lines without their ends (CR, LF or CRLF), each with its stream.</returns>
    /// <exception cref="ArgumentException">The start info is faulty, or standard input is a pipe.</exception>
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
            Channel<OutputLine> lines = Channel.CreateBounded<OutputLine>(LinesAhead);
            using CancellationTokenSource left = new();
            Task reading = ReadBothAsync(child, info, lines.Writer, left.Token);
            try
            {
                await foreach (OutputLine line in lines.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    yield return line;
                }
            }
            finally
            {
                await left.CancelAsync().ConfigureAwait(false); // nobody takes the lines any more
            }

            await reading.ConfigureAwait(false);
            ExitStatus status = await child.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            if (!status.IsSuccess)
            {
                throw new ChildProcessExitException(info.FileName, status);
            }
        }
    }

    private static ChildProcessStartInfo Piped(ChildProcessStartInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        if (info.StandardInput is PipeStdio)
        {
            throw new ArgumentException("Nobody here would write to the pipe: use StartAsync.", nameof(info));
        }

        return new ChildProcessStartInfo(info)
        {
            StandardInput = info.StandardInput ?? ChildStdio.Null,
            StandardOutput = info.StandardOutput ?? ChildStdio.Pipe,
            StandardError = info.StandardError ?? ChildStdio.Pipe,
        };
    }

    private static string[] Leftovers(IChildProcess child)
        => child.StartInfo.Leftovers == ChildProc.Leftovers.Kill && child is LocalChildProcess local ? local.Leftovers() : [];

    private static async Task<Captured> CollectAsync(PipeReader? reader, ChildProcessStartInfo info)
    {
        if (reader is null)
        {
            return new Captured("", false);
        }

        ArrayBufferWriter<byte> kept = new();
        bool truncated = false;
        while (true)
        {
            ReadResult read;
            try
            {
                read = await reader.ReadAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                break; // the run was cancelled
            }

            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                int room = Math.Min(part.Length, info.CaptureLimit - kept.WrittenCount);
                kept.Write(part.Span[..room]);
                truncated |= room < part.Length; // and read on: a child must not block on its pipe
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        return new Captured(info.OutputEncoding.GetString(kept.WrittenSpan), truncated);
    }

    private static async Task ReadBothAsync(IChildProcess child, ChildProcessStartInfo info, ChannelWriter<OutputLine> lines, CancellationToken left)
    {
        try
        {
            await Task.WhenAll(
                ReadAsync(info.StandardOutput is PipeStdio ? child.StandardOutput : null, OutputSource.StandardOutput),
                ReadAsync(info.StandardError is PipeStdio ? child.StandardError : null, OutputSource.StandardError)).ConfigureAwait(false);
        }
        finally
        {
            lines.Complete();
        }

        async Task ReadAsync(PipeReader? reader, OutputSource source)
        {
            if (reader is null)
            {
                return;
            }

            using StreamReader text = new(reader.AsStream(), info.OutputEncoding, detectEncodingFromByteOrderMarks: false);
            try
            {
                while (await text.ReadLineAsync(left).ConfigureAwait(false) is { } line)
                {
                    await lines.WriteAsync(new OutputLine(line, source), left).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
            {
                // the run was cancelled, or left early
            }
        }
    }

    private readonly record struct Captured(string Text, bool Truncated);
}
