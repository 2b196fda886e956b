using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace ChildProc.Engines;

/// <summary>An asynchronous wait that costs nothing: it is rented, awaited once, and given back.</summary>
/// <remarks>
/// The first of three ends it: the news, the deadline, the cancellation; what comes later finds it over. Each wait has a number,
/// which whoever ends it must know: a deadline that comes late ends its own wait or none. A cancellation cannot come late, for the
/// end of a wait waits for a callback that runs; and the news come under the gate of the tree whose wait it is.
/// </remarks>
internal sealed class ReusableWait : IValueTaskSource<bool>
{
    private const int Most = 64;
    private const long Phase = 3, Free = 0, Waiting = 1, Over = 2, OneNumber = 4;
    private static readonly ConcurrentQueue<ReusableWait> s_free = new();
    private static int s_count; // about as many as are in the queue
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private Timer? _timer;
    private long _deadline;
    private long _state; // the number of the wait, and its phase in the two low bits

    internal static ReusableWait Rent()
    {
        if (!s_free.TryDequeue(out ReusableWait? wait))
        {
            return new ReusableWait();
        }

        Interlocked.Decrement(ref s_count);
        return wait;
    }

    /// <summary>After it was awaited, and by whoever else knew it forgotten.</summary>
    internal void Return()
    {
        if (Volatile.Read(ref s_count) < Most)
        {
            Interlocked.Increment(ref s_count);
            s_free.Enqueue(this);
        }
    }

    /// <summary>The result is true by <see cref="Set"/>, false by the deadline or the token.</summary>
    internal ValueTask<bool> Begin(long deadlineTicks, CancellationToken cancellationToken)
    {
        _core.Reset();
        ValueTask<bool> wait = new ValueTask<bool>(this, _core.Version);
        Volatile.Write(ref _deadline, deadlineTicks);
        Volatile.Write(ref _state, ((_state & ~Phase) + OneNumber) | Waiting);
        _registration = cancellationToken.UnsafeRegister(static self => ((ReusableWait)self!).End(Volatile.Read(ref ((ReusableWait)self!)._state), false), this);
        if (deadlineTicks != long.MaxValue)
        {
            _timer ??= new Timer(static self => ((ReusableWait)self!).OnTime(), this, Timeout.Infinite, Timeout.Infinite);
            _timer.Change(Deadline.Left(deadlineTicks), Timeout.InfiniteTimeSpan);
        }

        return wait;
    }

    /// <summary>There are news.</summary>
    internal void Set() => End(Volatile.Read(ref _state), true);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        bool result = _core.GetResult(token);
        _registration.Dispose();
        _registration = default;
        _timer?.Change(Timeout.Infinite, Timeout.Infinite);
        Volatile.Write(ref _state, (_state & ~Phase) | Free);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    private void OnTime()
    {
        long state = Volatile.Read(ref _state); // before the deadline, which is written before it
        if (Environment.TickCount64 >= Volatile.Read(ref _deadline))
        {
            End(state, false);
        }
    }

    // The wait that was seen in this state, if it is not over.
    private void End(long state, bool result)
    {
        if ((state & Phase) == Waiting && Interlocked.CompareExchange(ref _state, (state & ~Phase) | Over, state) == state)
        {
            _core.SetResult(result);
        }
    }
}
