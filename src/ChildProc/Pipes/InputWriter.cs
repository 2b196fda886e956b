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
    private bool _broken, _completed;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _buffer.WrittenCount;

    public override void Advance(int bytes) => _buffer.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        return _buffer.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void CancelPendingFlush() => Volatile.Read(ref _pending)?.Cancel();

    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        FlushResult flushed = await FlushAsync(cancellationToken).ConfigureAwait(false);
        return flushed.IsCompleted || flushed.IsCanceled ? flushed : await SendAsync(source, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        FlushResult result = await SendAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _buffer.ResetWrittenCount();
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
                SendAsync(_buffer.WrittenMemory, default).AsTask().GetAwaiter().GetResult();
            }
        }
        finally
        {
            pipe.Close();
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

    private async ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty && !_broken)
        {
            int written = pipe.TryWrite(bytes.Span);
            if (written >= 0)
            {
                bytes = bytes[written..];
            }
            else if (written == -Libc.EPIPE)
            {
                _broken = true;
            }
            else if (written != -Libc.EAGAIN)
            {
                throw new IOException($"Writing to the child failed: {Marshal.GetPInvokeErrorMessage(-written)}.", -written);
            }
            else if (!await WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                return new FlushResult(isCanceled: true, isCompleted: false);
            }
        }

        GC.KeepAlive(_owner);
        return new FlushResult(isCanceled: false, isCompleted: _broken);
    }

    // False: CancelPendingFlush.
    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource pending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Volatile.Write(ref _pending, pending);
        try
        {
            await pipe.WaitAsync(pending.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            Volatile.Write(ref _pending, null);
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
