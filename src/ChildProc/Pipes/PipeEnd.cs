using System.Runtime.InteropServices;
using ChildProc.Events;
using ChildProc.Interop;

namespace ChildProc.Pipes;

/// <summary>The host's end of one pipe: non-blocking, and waiting on the reactor when the kernel has nothing.</summary>
/// <remarks>
/// Nothing is read ahead: the kernel's pipe is the buffer and the back-pressure, and an idle child costs no memory here.
/// Only a pending wait connects the reactor with the reader, so a forgotten pipe can be collected.
/// One reader or writer at a time; <see cref="_gate"/> guards the wait, the cut and the close against each other.
/// </remarks>
internal class PipeEnd : ReactorEntry
{
    private readonly Lock _gate = new();
    private readonly Descriptor _descriptor;
    private readonly bool _reads;
    private TaskCompletionSource? _waiter;
    private Timer? _drain;
    private Action<PipeEnd>? _onCut;
    private long _untilGrowth = PipeGrowth.WorthIt;
    private bool _grown;
    private bool _registered, _closed, _cut;
    private int _leftAfterCut;

    internal PipeEnd(Descriptor descriptor, bool reads)
    {
        _descriptor = descriptor;
        _reads = reads;
    }

    /// <summary>The kernel's name of the pipe, "pipe:[inode]": both ends have it. Empty when it is closed.</summary>
    internal virtual string Link
    {
        get
        {
            try
            {
                using HandleUse use = new(_descriptor);
                return new FileInfo($"/proc/self/fd/{use.Number}").LinkTarget ?? "";
            }
            catch (ObjectDisposedException)
            {
                return "";
            }
        }
    }

    /// <summary>Output was still coming when the time to drain it was over.</summary>
    internal bool Incomplete { get; private protected set; }

    /// <summary>The time to drain it is over.</summary>
    protected bool IsCut => Volatile.Read(ref _cut);

    /// <summary>Bytes read, 0 at end of file, -EAGAIN when there are none yet, or another negative errno.</summary>
    internal virtual unsafe int TryRead(Span<byte> buffer)
    {
        using HandleUse use = new(_descriptor);
        lock (_gate)
        {
            if (_cut && _leftAfterCut == 0)
            {
                Incomplete = true;
                return 0;
            }

            int allowed = _cut ? Math.Min(buffer.Length, _leftAfterCut) : buffer.Length;
            int count = Transfer(use.Number, buffer[..allowed], reads: true);
            if (_cut && count > 0)
            {
                _leftAfterCut -= count;
            }

            // Once only: below zero it has been tried.
            if (_untilGrowth >= 0 && (_untilGrowth -= Math.Max(count, 0)) < 0)
            {
                _grown = PipeGrowth.TryGrow(use.Number);
            }

            return count;
        }
    }

    /// <summary>Bytes written, -EAGAIN when the pipe is full, -EPIPE when nobody reads any more.</summary>
    internal virtual int TryWrite(ReadOnlySpan<byte> buffer)
    {
        try
        {
            using HandleUse use = new(_descriptor);
            return Transfer(use.Number, MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(buffer), buffer.Length), reads: false);
        }
        catch (ObjectDisposedException)
        {
            return -Libc.EPIPE; // the child is disposed: nobody reads any more
        }
    }

    /// <summary>Completes when a read or write may get on. It may also be woken for nothing.</summary>
    internal virtual Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        int error;
        using (HandleUse use = new(_descriptor))
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                if (_cut)
                {
                    return Task.CompletedTask;
                }

                // Two readers at once are a fault of the caller's, but none of them shall wait for ever.
                waiter = _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

                // Under the gate: a close in between would not know that there is something to remove.
                uint events = (_reads ? Libc.EPOLLIN : Libc.EPOLLOUT) | Libc.EPOLLONESHOT;
                error = _registered ? Reactor.Shared.Arm(use.Number, this, events) : Reactor.Shared.Add(use.Number, this, events);
                _registered = error == 0 || _registered;
            }
        }

        if (error != 0 && !waiter.Task.IsCompleted)
        {
            waiter.TrySetException(new IOException($"epoll_ctl failed: {Marshal.GetPInvokeErrorMessage(error)}", error));
        }

        return cancellationToken.CanBeCanceled ? waiter.Task.WaitAsync(cancellationToken) : waiter.Task;
    }

    /// <summary>Completes when there is something to read, or the end; it may also be woken for nothing.</summary>
    internal Task WaitReadableAsync(CancellationToken cancellationToken)
        => Poll(Libc.POLLIN) != 0 ? Task.CompletedTask : WaitAsync(cancellationToken);

    /// <summary>Completes when something can be written, or nobody reads any more; it may also be woken for nothing.</summary>
    internal Task WaitWritableAsync(CancellationToken cancellationToken)
        => Poll(Libc.POLLOUT) != 0 ? Task.CompletedTask : WaitAsync(cancellationToken);

    internal override void OnReady(uint events) => Wake();

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

        lock (_gate)
        {
            if (!_closed)
            {
                _onCut = onCut;
                _drain ??= new Timer(static self => ((PipeEnd)self!).Cut(), this, timeout, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The writer is done: who reads sees end of file.</summary>
    internal virtual void EndInput() => Close();

    internal virtual void Close()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            waiter = _waiter;
            _waiter = null;
            _drain?.Dispose();
            if (_registered)
            {
                Reactor.Shared.Remove(_descriptor.Number, this);
            }

            if (_grown)
            {
                PipeGrowth.Release();
            }
        }

        _descriptor.Dispose();
        waiter?.TrySetException(new ObjectDisposedException(nameof(IChildProcess)));
    }

    private void Wake()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            waiter = _waiter;
            _waiter = null;
        }

        waiter?.TrySetResult();
    }

    /// <summary>How much can be read without waiting; an upper bound will do where reading stops at nothing.</summary>
    protected virtual unsafe int Held(int descriptor)
    {
        int held = 0;
        Libc.ioctl(descriptor, Libc.FIONREAD, &held);
        return held;
    }

    private void Cut()
    {
        lock (_gate)
        {
            if (_closed || _cut || !HasPeer())
            {
                return;
            }

            using HandleUse use = new(_descriptor);
            _cut = true;
            _leftAfterCut = Held(use.Number);
        }

        try
        {
            _onCut?.Invoke(this); // first: whoever reads may end the tree as soon as it is awake, and then nobody holds the pipe
        }
        finally
        {
            Wake();
        }
    }

    /// <summary>Somebody may still read what is written here.</summary>
    internal bool HasReaders() => (Poll(Libc.POLLOUT) & Libc.POLLERR) == 0; // pipe(7), poll(2)

    /// <summary>Somebody has the other side open.</summary>
    protected bool HasPeer() => (Poll(Libc.POLLIN) & Libc.POLLHUP) == 0;

    // What is so at this moment; for a closed end, the end.
    private unsafe short Poll(short events)
    {
        try
        {
            using HandleUse use = new(_descriptor);
            Libc.PollDescriptor poll = new() { Descriptor = use.Number, Events = events };
            return Libc.poll(&poll, 1, 0) < 0 ? (short)0 : poll.Returned;
        }
        catch (ObjectDisposedException)
        {
            return Libc.POLLHUP | Libc.POLLERR;
        }
    }

    private static unsafe int Transfer(int descriptor, Span<byte> buffer, bool reads)
    {
        fixed (byte* at = buffer)
        {
            while (true)
            {
                nint count = reads
                    ? Libc.read(descriptor, at, (nuint)buffer.Length)
                    : Libc.write(descriptor, at, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error != Libc.EINTR)
                {
                    return -error;
                }
            }
        }
    }
}
