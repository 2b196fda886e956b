namespace ChildProc.Telemetry;

/// <summary>Tells of leaks, which are found on threads that must not wait for a listener: the finalizer's, the reactor.</summary>
internal static class LeakTelemetry
{
    /// <summary>A child object was dropped without a disposal.</summary>
    internal static void Forgotten(int pid)
    {
        ChildProcEventSource.Log.HandleFinalized(pid);
        Count("forgotten_child");
    }

    /// <summary>A tree was killed, and somebody is left.</summary>
    internal static void NotEmpty(int pid, int remaining)
    {
        ChildProcEventSource.Log.TreeNotEmpty(pid, remaining);
        Count("tree_not_empty");
    }

    /// <summary>A supervisor died before its tree.</summary>
    internal static void ContainmentLost(int pid)
    {
        ChildProcEventSource.Log.ContainmentLost(pid);
        Count("containment_lost");
    }

    private static void Count(string kind)
    {
        if (ChildProcMeter.CountsLeaks)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static kind => ChildProcMeter.Leaked(kind), kind, preferLocal: false);
        }
    }
}
