using System.Diagnostics.Tracing;
using ChildProc.Diagnostics;

namespace ChildProc.Telemetry;

/// <summary>Tells of leaks, which are found on threads that must not wait for a listener: the finalizer's, the reactor.</summary>
internal static class LeakTelemetry
{
    private const int LongestStack = 8000; // an event has 64 KB at most, and the stacks of tests are deep

    /// <summary>A child object was dropped without a disposal.</summary>
    internal static void Forgotten(int pid)
    {
        ChildProcEventSource.Log.HandleFinalized(pid);
        Count("forgotten_child");
    }

    /// <summary>Whom a child was started by, where that is noted; its disposal is told, too, so that who listens to the end knows what is undisposed.</summary>
    internal static void Began(int pid, StartOrigin? origin)
    {
        if (origin?.Stack is { } frames && ChildProcEventSource.Log.IsEnabled(EventLevel.Informational, ChildProcEventSource.Keywords.Leaks))
        {
            string stack = frames.ToString();
            ChildProcEventSource.Log.StartedBy(pid, stack.Length > LongestStack ? stack[..LongestStack] : stack);
        }
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
