using ChildProc.Interleavings.Scheduling;

namespace ChildProc.Interleavings.Substitutes;

/// <summary>In the place of <see cref="System.Threading.Interlocked"/>: others may run before each.</summary>
public static class Interlocked
{
    public static long Increment(ref long at)
    {
        Scheduler.Point("Interlocked.Increment");
        return System.Threading.Interlocked.Increment(ref at);
    }

    public static int Increment(ref int at)
    {
        Scheduler.Point("Interlocked.Increment");
        return System.Threading.Interlocked.Increment(ref at);
    }

    public static int Decrement(ref int at)
    {
        Scheduler.Point("Interlocked.Decrement");
        return System.Threading.Interlocked.Decrement(ref at);
    }

    public static int CompareExchange(ref int at, int value, int comparand)
    {
        Scheduler.Point("Interlocked.CompareExchange");
        return System.Threading.Interlocked.CompareExchange(ref at, value, comparand);
    }

    public static long CompareExchange(ref long at, long value, long comparand)
    {
        Scheduler.Point("Interlocked.CompareExchange");
        return System.Threading.Interlocked.CompareExchange(ref at, value, comparand);
    }

    public static T CompareExchange<T>(ref T at, T value, T comparand)
    {
        Scheduler.Point("Interlocked.CompareExchange");
        return System.Threading.Interlocked.CompareExchange(ref at, value, comparand);
    }

    public static T Exchange<T>(ref T at, T value)
    {
        Scheduler.Point("Interlocked.Exchange");
        return System.Threading.Interlocked.Exchange(ref at, value);
    }
}

/// <summary>In the place of <see cref="System.Threading.Volatile"/>.</summary>
public static class Volatile
{
    public static T Read<T>(ref T at)
        where T : class?
    {
        Scheduler.Point("Volatile.Read");
        return System.Threading.Volatile.Read(ref at);
    }

    public static bool Read(ref bool at)
    {
        Scheduler.Point("Volatile.Read");
        return System.Threading.Volatile.Read(ref at);
    }

    public static int Read(ref int at)
    {
        Scheduler.Point("Volatile.Read");
        return System.Threading.Volatile.Read(ref at);
    }

    public static long Read(ref long at)
    {
        Scheduler.Point("Volatile.Read");
        return System.Threading.Volatile.Read(ref at);
    }

    public static ulong Read(ref ulong at)
    {
        Scheduler.Point("Volatile.Read");
        return System.Threading.Volatile.Read(ref at);
    }

    public static void ReadBarrier() => System.Threading.Volatile.ReadBarrier();

    public static void Write<T>(ref T at, T value)
        where T : class?
    {
        Scheduler.Point("Volatile.Write");
        System.Threading.Volatile.Write(ref at, value);
    }

    public static void Write(ref bool at, bool value)
    {
        Scheduler.Point("Volatile.Write");
        System.Threading.Volatile.Write(ref at, value);
    }

    public static void Write(ref int at, int value)
    {
        Scheduler.Point("Volatile.Write");
        System.Threading.Volatile.Write(ref at, value);
    }

    public static void Write(ref long at, long value)
    {
        Scheduler.Point("Volatile.Write");
        System.Threading.Volatile.Write(ref at, value);
    }

    public static void Write(ref ulong at, ulong value)
    {
        Scheduler.Point("Volatile.Write");
        System.Threading.Volatile.Write(ref at, value);
    }
}
