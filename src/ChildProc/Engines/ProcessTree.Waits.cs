using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ChildProc.Engines;

/// <content>Who waits for the exit and for the end of the tree, and who reads the news meanwhile.</content>
internal abstract partial class ProcessTree
{
    internal Task<ExitStatus> WhenExited()
    {
        lock (_gate)
        {
            if (_exitSource is null)
            {
                // First: where it fails nobody has a task that would never complete.
                if (!_hasExited && !_isReadHere && Listen() is { } refusal)
                {
                    return Task.FromException<ExitStatus>(refusal);
                }

                _exitSource = new TaskCompletionSource<ExitStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_hasExited)
                {
                    _exitSource.SetResult(_exit);
                }
            }

            return _exitSource.Task;
        }
    }

    /// <summary>As <see cref="WhenExited"/>, for the owner's waits: the first at a time costs nothing.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask<bool> wait;
            lock (_gate)
            {
                if (_hasExited || _wait is not null)
                {
                    break;
                }

                if (!_isReadHere && Listen() is { } refusal)
                {
                    throw refusal;
                }

                wait = BeginWait(long.MaxValue, cancellationToken);
            }

            bool news = await wait.ConfigureAwait(false);
            EndWait();
            if (!news)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        if (!Volatile.Read(ref _hasExited))
        {
            _ = await WhenExited().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        TellEnd();
        return _exit; // written before the fact
    }

    /// <summary>Completes when no process of the tree is left, or fails with <see cref="TreeFault.ContainmentLost"/>.</summary>
    internal Task WhenEmpty()
    {
        lock (_gate)
        {
            if (_emptySource is null)
            {
                if (!_isEmpty && !_isReadHere && Listen() is { } refusal)
                {
                    return Task.FromException(refusal);
                }

                _emptySource = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_isEmpty)
                {
                    CompleteEmpty(_emptySource);
                }
                else
                {
                    OnEmptyAwaited();
                }
            }

            return _emptySource.Task;
        }
    }

    internal bool WaitForExit(TimeSpan timeout, out ExitStatus status)
    {
        // Again and again, for the system's ticks are up to 10 ms long, and the first one is under way.
        long began = Stopwatch.GetTimestamp();
        TimeSpan left = timeout;
        bool exited;
        while (!(exited = Wait(untilEmpty: false, Deadline.After(left))) && left > TimeSpan.Zero)
        {
            // Never below zero: by chance that could be the infinite time.
            left = TimeSpan.FromTicks(Math.Max(0, (timeout - Stopwatch.GetElapsedTime(began)).Ticks));
        }

        status = _exit; // written before the fact that Wait has seen
        TellEnd();
        return exited;
    }

    /// <summary>Blocks until the child has exited or the tree is empty. False at the deadline.</summary>
    protected bool Wait(bool untilEmpty, long deadlineTicks)
    {
        while (true)
        {
            lock (_gate)
            {
                while (!(untilEmpty ? _isEmpty : _hasExited))
                {
                    if (TryReadHere())
                    {
                        break;
                    }

                    long left = deadlineTicks - Environment.TickCount64;
                    if (left <= 0)
                    {
                        return false;
                    }

                    Monitor.Wait(_gate, (int)Math.Min(left, int.MaxValue)); // a deadline further away is looked at again
                }

                if (untilEmpty ? _isEmpty : _hasExited)
                {
                    return true;
                }
            }

            try
            {
                ReadHere(deadlineTicks);
            }
            finally
            {
                StopReadingHere();
            }

            if (deadlineTicks != long.MaxValue && Environment.TickCount64 >= deadlineTicks)
            {
                lock (_gate)
                {
                    return untilEmpty ? _isEmpty : _hasExited;
                }
            }
        }
    }

    /// <summary>Under the gate, and only when nobody else waits so; to be awaited, and followed by <see cref="EndWait"/>.</summary>
    protected ValueTask<bool> BeginWait(long deadlineTicks, CancellationToken cancellationToken)
    {
        ReusableWait wait = ReusableWait.Rent();
        ValueTask<bool> begun = wait.Begin(deadlineTicks, cancellationToken);
        _wait = wait;
        return begun;
    }

    protected void EndWait()
    {
        ReusableWait? wait;
        lock (_gate)
        {
            (wait, _wait) = (_wait, null);
        }

        wait?.Return();
    }

    /// <summary>There are news for whoever waits so. Under the gate.</summary>
    protected void SetWait() => _wait?.Set();

    // The next one who waits goes on reading; whoever waits by a task has it listened for, or hears why that cannot be.
    protected void StopReadingHere()
    {
        lock (_gate)
        {
            _isReadHere = false;
            Monitor.PulseAll(_gate); // first, whatever comes of the rest
            if ((((_exitSource is not null || _wait is not null) && !_hasExited) || (_emptySource is not null && !_isEmpty)) && Listen() is { } refusal)
            {
                Refuse(refusal);
            }
        }
    }

    // Nobody will tell them the news. The next who comes asks anew. Under the gate; the continuations run elsewhere.
    private void Refuse(IOException refusal)
    {
        SetWait(); // he listens for himself, and hears it there
        if (!_hasExited)
        {
            _exitSource?.TrySetException(refusal);
            _exitSource = null;
        }

        if (!_isEmpty)
        {
            _emptySource?.TrySetException(refusal);
            _emptySource = null;
        }
    }
}
