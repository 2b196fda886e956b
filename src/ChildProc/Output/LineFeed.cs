using System.IO.Pipelines;
using System.Threading.Channels;

namespace ChildProc.Output;

/// <summary>The lines of both outputs of a child, a bounded number of them ahead of whoever takes them.</summary>
internal sealed class LineFeed : IDisposable
{
    private const int LinesAhead = 256;
    private readonly Channel<OutputLine> _lines = Channel.CreateBounded<OutputLine>(LinesAhead);
    private readonly CancellationTokenSource _left = new();
    private readonly ChildProcessStartInfo _info;
    private readonly CancellationToken _cancellation;

    internal LineFeed(ChildProcessStartInfo info, CancellationToken cancellation)
    {
        _info = info;
        _cancellation = cancellation;
    }

    internal IAsyncEnumerable<OutputLine> Lines => _lines.Reader.ReadAllAsync(CancellationToken.None);

    /// <summary>The child had exited, but not all of its lines were there when the caller cancelled.</summary>
    internal bool WasCut { get; private set; }

    /// <summary>Nobody takes the lines any more.</summary>
    internal void Leave() => _left.Cancel();

    public void Dispose() => _left.Dispose();

    /// <summary>Until <see cref="Leave"/>; the lines end when both outputs have.</summary>
    internal async Task ReadAsync(IChildProcess child)
    {
        Task cut = CutAsync(child), fault = FaultAsync(child);
        try
        {
            await Task.WhenAll(
                ReadAsync(Readable.Output(child, _info), OutputSource.StandardOutput),
                ReadAsync(Readable.Error(child, _info), OutputSource.StandardError)).ConfigureAwait(false);
            _lines.Writer.TryComplete();
        }
        catch (Exception e)
        {
            _lines.Writer.TryComplete(e);
        }

        await cut.ConfigureAwait(false);
        await fault.ConfigureAwait(false);
    }

    // What a stream of the caller throws ends the lines behind those that are here: the child itself may never end them.
    private async Task FaultAsync(IChildProcess child)
    {
        try
        {
            await child.WaitForStreamsAsync(_left.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_left.IsCancellationRequested)
        {
            // nobody takes the lines any more
        }
        catch (Exception e)
        {
            _lines.Writer.TryComplete(e);
        }
    }

    // Cancellation stops the child, whose outputs then end. When it has exited already, nothing else would end them but
    // DrainTimeout.
    private async Task CutAsync(IChildProcess child)
    {
        try
        {
            await child.WaitForExitAsync(_left.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        using CancellationTokenRegistration _ = _cancellation.UnsafeRegister(static feed => ((LineFeed)feed!).Cut(), this);
        await Task.Delay(Timeout.Infinite, _left.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Cut()
    {
        WasCut = !_lines.Reader.Completion.IsCompleted;
        Leave();
    }

    private Task ReadAsync(PipeReader? reader, OutputSource source) => reader is null
        ? Task.CompletedTask
        : LineReading.ReadAsync(
            reader, _info, (line, isPartial) => _lines.Writer.WriteAsync(new OutputLine(line, source) { IsPartial = isPartial }, _left.Token), _left.Token);
}
