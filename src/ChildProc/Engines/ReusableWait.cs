using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace ChildProc.Engines;

/// <summary>An asynchronous wait that costs nothing: it is rented, awaited once, and given back.</summary>
/// <remarks>
/// The first of three ends it: the news, the deadline, the cancellation; what comes later finds
/// it over. A deadline of an earlier wait that comes late finds the time of the present one, and leaves it alone.
/// </remarks>
internal sealed class ReusableWait : IValueTaskSource<bool>
{
    private const int Free = 0, Waiting = 1, Over = 2, Most = 64;
    private static readonly ConcurrentQueue<ReusableWait> s_free = new();
    private static int s_count; // about as many as are in the queue
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private Timer? _timer;
    private long _deadline;
    private int _phase;

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
        Volatile.Write(ref _phase, Waiting);
        _registration = cancellationToken.UnsafeRegister(static self => ((ReusableWait)self!).End(false), this);
        if (deadlineTicks != long.MaxValue)
        {
            _timer ??= new Timer(static self => ((ReusableWait)self!).OnTime(), this, Timeout.Infinite, Timeout.Infinite);
            _timer.Change(Deadline.Left(deadlineTicks), Timeout.InfiniteTimeSpan);
        }

        return wait;
    }

    /// <summary>There are news.</summary>
    internal void Set() => End(true);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        bool result = _core.GetResult(token);
        _registration.Dispose();
        _registration = default;
        _timer?.Change(Timeout.Infinite, Timeout.Infinite);
        Volatile.Write(ref _phase, Free);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    private void OnTime()
    {
        if (Environment.TickCount64 >= Volatile.Read(ref _deadline))
        {
            End(false);
        }
    }

    private void End(bool result)
    {
        if (Interlocked.CompareExchange(ref _phase, Over, Waiting) == Waiting)
        {
            _core.SetResult(result);
        }
    }
}
