using ChildProc.Interleavings.Scheduling;

namespace ChildProc.Interleavings.Substitutes;

/// <summary>The scheduler's time, in the place of what <see cref="System.Environment"/> says.</summary>
public static class Environment
{
    public static long TickCount64
    {
        get
        {
            Scheduler.Point("TickCount64");
            return Scheduler.Current?.Now ?? 0;
        }
    }

    public static int CurrentManagedThreadId => Scheduler.ActorId;
}

/// <summary>In the place of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
public static class Stopwatch
{
    public static long GetTimestamp() => (Scheduler.Current?.Now ?? 0) * 1_000_000;

    public static TimeSpan GetElapsedTime(long from) => GetElapsedTime(from, GetTimestamp());

    public static TimeSpan GetElapsedTime(long from, long to) => TimeSpan.FromMilliseconds((to - from) / 1_000_000);
}

/// <summary>In the place of <see cref="System.Threading.Timer"/>: a callback comes at its time or at any time later, also after a change.</summary>
public sealed class Timer(TimerCallback callback, object? state, long due, long period) : IDisposable
{
    private Action? _alarm = Scheduler.Current is { } scheduler ? Set(scheduler, callback, state, due) : null;

    public Timer(TimerCallback callback, object? state, int due, int period)
        : this(callback, state, (long)due, period)
    {
    }

    public Timer(TimerCallback callback, object? state, TimeSpan due, TimeSpan period)
        : this(callback, state, (long)due.TotalMilliseconds, (long)period.TotalMilliseconds)
    {
    }

    public bool Change(int due, int period) => Change((long)due, period);

    public bool Change(TimeSpan due, TimeSpan period) => Change((long)due.TotalMilliseconds, (long)period.TotalMilliseconds);

    public bool Change(long due, long next)
    {
        Scheduler.Point("Timer.Change");
        _ = (period, next); // none here is periodic
        Dispose();
        _alarm = Set(Scheduler.Current!, callback, state, due);
        return true;
    }

    public void Dispose()
    {
        if (_alarm is not null)
        {
            Scheduler.Current?.CancelAlarm(_alarm);
        }
    }

    private static Action? Set(Scheduler scheduler, TimerCallback callback, object? state, long due)
    {
        if (due < 0)
        {
            return null;
        }

        void Ring() => scheduler.Spawn("timer", () => callback(state), isDaemon: true);
        Action alarm = Ring;
        scheduler.SetAlarm(scheduler.Now + due, alarm);
        return alarm;
    }
}

/// <summary>In the place of <see cref="System.Threading.SpinWait"/>.</summary>
public struct SpinWait
{
    public readonly void SpinOnce() => Scheduler.Yield();
}
