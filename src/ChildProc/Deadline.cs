namespace ChildProc;

/// <summary>Moments in the system's ticks (<see cref="Environment.TickCount64"/>), and times that its timers take.</summary>
/// <remarks>
/// Timers count whole milliseconds, and cut off the rest: rounded up here, so that nothing is over too early. Most take no more than
/// 49 days (<see cref="Timer.Change(TimeSpan, TimeSpan)"/>): what is longer than 24 is for ever.
/// </remarks>
internal static class Deadline
{
    /// <summary>The tick at which the time from now on is over; <see cref="long.MaxValue"/> for the infinite one.</summary>
    internal static long After(TimeSpan timeout)
        => timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + Milliseconds(timeout);

    /// <summary>What is left until then, for a timer.</summary>
    internal static TimeSpan Left(long deadlineTicks)
    {
        long left = deadlineTicks - Environment.TickCount64;
        return left > int.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(left, 0));
    }

    /// <summary>The time in whole milliseconds, for a timer.</summary>
    internal static TimeSpan Whole(TimeSpan timeout)
        => timeout == Timeout.InfiniteTimeSpan || Milliseconds(timeout) > int.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Milliseconds(timeout));

    private static long Milliseconds(TimeSpan timeout) => (timeout.Ticks / TimeSpan.TicksPerMillisecond) + (timeout.Ticks % TimeSpan.TicksPerMillisecond > 0 ? 1 : 0);
}
