using System.Collections.Concurrent;
using System.Runtime.Versioning;

namespace ChildProc.Engines.Supervised;

/// <summary>A normal end of the host kills its trees, as a job object does, and waits a moment to see them gone.</summary>
/// <remarks>Without this the kernel would end the lifelines anyway, a little later.</remarks>
[SupportedOSPlatform("linux")]
internal static class HostExit
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly ConcurrentDictionary<GuardianSession, bool> s_sessions = new();

    static HostExit() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => EndAll();

    internal static void Watch(GuardianSession session)
    {
        s_sessions[session] = true;
        foreach (GuardianSession other in s_sessions.Keys)
        {
            if (other.IsOver)
            {
                s_sessions.TryRemove(other, out _);
            }
        }
    }

    private static void EndAll()
    {
        List<Task> endings = [];
        foreach (GuardianSession session in s_sessions.Keys)
        {
            foreach (SupervisedTree tree in session.Trees())
            {
                if (tree.DiesWithHost)
                {
                    tree.Kill();
                    endings.Add(tree.WhenEmpty());
                }
            }
        }

        // Not Task.WaitAll's exceptions: whatever is left is logged nowhere any more and dies with its lifeline.
        Task.WhenAll(endings).ContinueWith(static _ => { }, TaskScheduler.Default).Wait(s_patience);
    }
}
