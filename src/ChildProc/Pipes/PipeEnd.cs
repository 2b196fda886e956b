using System.Runtime.InteropServices;
using ChildProc.Telemetry;

namespace ChildProc.Pipes;

/// <summary>The host's end of one pipe, whatever the system makes it of: nothing here blocks, and who has to wait can.</summary>
/// <remarks>
/// Nothing is read ahead of a reader: the kernel's pipe is the buffer and the back-pressure, and an idle child costs no memory
/// here. Only a pending wait connects the engine with the reader, so a forgotten pipe can be collected.
/// One reader or writer at a time; a lock guards the wait, the cut and the close against each other. It is the object itself, which
/// nobody outside has: thousands of idle pipes need no second one each.
/// </remarks>
internal abstract class PipeEnd
{
    /// <summary>There is nothing to read, or no room to write, at this moment.</summary>
    internal const int NotNow = -11;

    /// <summary>Nobody reads what is written here any more.</summary>
    internal const int Broken = -32;

    private TaskCompletionSource? _waiter;
    private Timer? _drain;
    private bool _closed, _cut;
    private int _leftAfterCut;
    private int _pid; // whose it is, for listeners; 0 when there were none at the start
    private StandardStreams _stream;

    /// <summary>The system's name of the pipe, by which its holders are found; empty when it is closed or has none.</summary>
    internal virtual string Link => "";

    /// <summary>Its descriptor; null when it is closed, or where handles are no descriptors.</summary>
    internal virtual int? Number => null;

    /// <summary>Adds all that it has open.</summary>
    internal virtual void AddDescriptors(List<int> descriptors)
    {
        if (Number is { } number)
        {
            descriptors.Add(number);
        }
    }

    internal bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Output was still coming when the time to drain it was over.</summary>
    internal bool Incomplete { get; private protected set; }

    /// <summary>How much went through, before the transfer that is under way.</summary>
    protected long Bytes { get; private set; }

    /// <summary>The time to drain it is over.</summary>
    protected bool IsCut => Volatile.Read(ref _cut);

    // ---- What a system does ----

    /// <summary>Bytes read, 0 at end of file, or a negative code: <see cref="NotNow"/>, or an error number of the system.</summary>
    protected abstract int Read(Span<byte> buffer);

    /// <summary>Bytes written, or a negative code: <see cref="NotNow"/>, <see cref="Broken"/>, or an error number of the system.</summary>
    internal abstract int TryWrite(ReadOnlySpan<byte> buffer);

    /// <summary>Sees to it that <see cref="Wake"/> is called when a transfer may get on. 0, or an error number. Under the lock.</summary>
    protected abstract int Arm();

    /// <summary>Ends what <see cref="Arm"/> began. Under the lock.</summary>
    protected abstract void Disarm();

    /// <summary>Frees the handle, once.</summary>
    protected abstract void Free();

    /// <summary>How much can be read without waiting; an upper bound will do where reading stops at nothing.</summary>
    protected abstract int Held();

    /// <summary>There is something to read, or the end.</summary>
    protected abstract bool IsReadable();

    /// <summary>Something can be written, or nobody reads any more.</summary>
    protected abstract bool IsWritable();

    /// <summary>Somebody may still read what is written here.</summary>
    internal abstract bool HasReaders();

    /// <summary>Somebody has the other side open.</summary>
    protected abstract bool HasPeer();

    // ---- Transfers and waits ----

    /// <inheritdoc cref="Read"/>
    internal virtual int TryRead(Span<byte> buffer)
    {
        int count;
        lock (this)
        {
            if (_cut && _leftAfterCut == 0)
            {
                Incomplete = true;
                return 0;
            }

            count = Read(_cut ? buffer[..Math.Min(buffer.Length, _leftAfterCut)] : buffer);
            if (_cut && count > 0)
            {
                _leftAfterCut -= count;
            }
        }

        Count(count, read: true);
        return count;
    }

    /// <summary>As <see cref="TryWrite"/>, to a child: listeners count it.</summary>
    internal int TryFeed(ReadOnlySpan<byte> buffer)
    {
        int count = TryWrite(buffer);
        Count(count, read: false);
        return count;
    }

    private void Count(int bytes, bool read)
    {
        if (bytes > 0)
        {
            Bytes += bytes;
            ChildProcMeter.Transferred(bytes, read);
        }
    }

    /// <summary>Events tell of it from here on.</summary>
    internal void Announce(int pid, StandardStreams stream)
    {
        lock (this)
        {
            if (!_closed) // else it carried all that it ever will
            {
                ChildProcEventSource.Log.PipeOpened(pid, (long)stream, Number ?? -1);
                (_pid, _stream) = (pid, stream);
            }
        }
    }

    /// <summary>Completes when a read or write may get on. It may also be woken for nothing.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    internal virtual Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        int error;
        lock (this)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_cut)
            {
                return Task.CompletedTask;
            }

            // Two readers at once are a fault of the caller's, but none of them shall wait for ever.
            waiter = _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            error = Arm();
            if (error != 0)
            {
                _waiter = null; // the next one asks anew
            }
        }

        if (error != 0)
        {
            waiter.TrySetException(new IOException($"Waiting for a pipe failed: {Marshal.GetPInvokeErrorMessage(error)}", error));
        }

        return cancellationToken.CanBeCanceled ? waiter.Task.WaitAsync(cancellationToken) : waiter.Task;
    }

    /// <summary>Completes when there is something to read, or the end; it may also be woken for nothing.</summary>
    internal Task WaitReadableAsync(CancellationToken cancellationToken)
        => IsReadable() ? Task.CompletedTask : WaitAsync(cancellationToken);

    /// <summary>Completes when something can be written, or nobody reads any more; it may also be woken for nothing.</summary>
    internal Task WaitWritableAsync(CancellationToken cancellationToken)
        => IsWritable() ? Task.CompletedTask : WaitAsync(cancellationToken);

    /// <summary>A transfer may get on.</summary>
    protected void Wake()
    {
        TaskCompletionSource? waiter;
        lock (this)
        {
            waiter = _waiter;
            _waiter = null;
        }

        waiter?.TrySetResult();
    }

    // ---- The end ----

    /// <summary>
    /// Output that comes later than <paramref name="timeout"/> from now is not waited for: a descendant that holds the
    /// pipe must not hang a reader. What the pipe holds at that moment is still delivered.
    /// </summary>
    /// <param name="timeout">How long it is waited for.</param>
    /// <param name="onCut">Runs when it is not waited for any more, before the reader hears of it; must not block.</param>
    internal void BeginDrain(TimeSpan timeout, Action<PipeEnd> onCut)
    {
        if (timeout == Timeout.InfiniteTimeSpan || !HasPeer())
        {
            return; // without a writer end of file comes by itself
        }

        lock (this)
        {
            if (!_closed)
            {
                _drain ??= new Timer(static drain => ((Drain)drain!).Pipe.Cut(((Drain)drain).OnCut), new Drain(this, onCut), Deadline.Whole(timeout), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The writer is done: who reads sees end of file.</summary>
    internal virtual void EndInput() => Close();

    internal virtual void Close()
    {
        TaskCompletionSource? waiter;
        lock (this)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            waiter = _waiter;
            _waiter = null;
            _drain?.Dispose();
            Disarm();
        }

        if (_pid != 0)
        {
            ChildProcEventSource.Log.PipeClosed(_pid, (long)_stream, Number ?? -1, Bytes);
        }

        Free();
        waiter?.TrySetException(new ObjectDisposedException(nameof(IChildProcess)));
    }

    private void Cut(Action<PipeEnd> onCut)
    {
        lock (this)
        {
            if (_closed || _cut || !HasPeer())
            {
                return;
            }

            _leftAfterCut = Held();
            _cut = true;
        }

        try
        {
            onCut(this); // first: whoever reads may end the tree as soon as it is awake, and then nobody holds the pipe
        }
        finally
        {
            Wake();
        }
    }

    // An idle pipe has no field for it.
    private sealed record Drain(PipeEnd Pipe, Action<PipeEnd> OnCut);
}
