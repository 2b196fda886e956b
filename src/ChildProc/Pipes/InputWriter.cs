using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Pipes;

/// <summary>A child's standard input. A child that no longer reads is an answer and no error: flushes say "completed".</summary>
/// <remarks>Bytes written after that are dropped, as a shell's <c>yes | head</c> drops them. Completing it is end of file.</remarks>
internal sealed class InputWriter(PipeEnd pipe, object owner) : PipeWriter
{
    private readonly object _owner = owner; // see OutputStream
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private CancellationTokenSource? _pending;
    private bool _broken, _completed, _cancelNext;
    private int _sent; // of the buffer, by a flush that was cancelled

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _buffer.WrittenCount - _sent;

    public override void Advance(int bytes) => _buffer.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        return _buffer.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void CancelPendingFlush()
    {
        CancellationTokenSource? pending;
        lock (_buffer)
        {
            _cancelNext = true; // of the flush that runs, or else of the next one
            pending = _pending;
        }

        try
        {
            pending?.Cancel(); // not under the lock: it may run the flush on
        }
        catch (ObjectDisposedException)
        {
            // the wait is over
        }
    }

    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        cancellationToken.ThrowIfCancellationRequested(); // nothing is taken; a later cancellation finds all of it taken

        // At once what the pipe takes, unless earlier bytes come first; the rest is kept, as a flush keeps it.
        while (_buffer.WrittenCount == 0 && !source.IsEmpty && pipe.TryFeed(source.Span) is > 0 and int written)
        {
            source = source[written..];
        }

        _buffer.Write(source.Span);
        return await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        FlushResult result = await SendAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    public override void Complete(Exception? exception = null)
    {
        if (_completed)
        {
            return;
        }

        _completed = true;
        try
        {
            if (exception is null && _buffer.WrittenCount > 0 && !_broken)
            {
                SendAsync(default).AsTask().GetAwaiter().GetResult();
            }
        }
        finally
        {
            pipe.EndInput();
        }
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (!_completed && exception is null && _buffer.WrittenCount > 0)
        {
            await FlushAsync().ConfigureAwait(false);
        }

        Complete(exception);
    }

    private async ValueTask<FlushResult> SendAsync(CancellationToken cancellationToken)
    {
        while (_sent < _buffer.WrittenCount && !_broken)
        {
            int written = pipe.TryFeed(_buffer.WrittenSpan[_sent..]);
            if (written >= 0)
            {
                _sent += written;
            }
            else if (written == PipeEnd.Broken)
            {
                _broken = true;
            }
            else if (written != PipeEnd.NotNow)
            {
                throw new IOException($"Writing to the child failed: {Marshal.GetPInvokeErrorMessage(-written)}.", -written);
            }
            else if (!await WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                return new FlushResult(isCanceled: true, isCompleted: false);
            }
        }

        _buffer.ResetWrittenCount();
        _sent = 0;
        GC.KeepAlive(_owner);
        lock (_buffer)
        {
            bool canceled = _cancelNext;
            _cancelNext = false;
            return new FlushResult(canceled, isCompleted: _broken);
        }
    }

    // False: CancelPendingFlush.
    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource pending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lock (_buffer)
        {
            if (_cancelNext)
            {
                _cancelNext = false;
                return false;
            }

            _pending = pending;
        }

        try
        {
            await pipe.WaitAsync(pending.Token).ConfigureAwait(false);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return true; // the child was disposed: the next write says that nobody reads any more
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            lock (_buffer)
            {
                _cancelNext = false;
            }

            return false;
        }
        finally
        {
            lock (_buffer)
            {
                _pending = null;
            }
        }
    }

    private void ThrowIfCompleted()
    {
        if (_completed)
        {
            throw new InvalidOperationException("The standard input of this child has been completed.");
        }
    }
}
