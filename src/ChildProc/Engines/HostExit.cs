using System.Collections.Concurrent;
using ChildProc.Telemetry;

namespace ChildProc.Engines;

/// <summary>A normal end of the host kills its trees, as a job object does, and waits a moment to see them gone.</summary>
/// <remarks>What is missed here dies with the host's end of its lifeline, job or watchdog, a little later.</remarks>
internal static class HostExit
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly ConcurrentDictionary<Engine, bool> s_engines = new();

    static HostExit() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => EndAll();

    /// <summary>The engines that have started something and are not closed.</summary>
    internal static IEnumerable<Engine> Engines => s_engines.Keys;

    /// <summary>Before the first start of an engine; again is the same as once.</summary>
    internal static void Watch(Engine engine) => s_engines.TryAdd(engine, true);

    /// <summary>The engine was closed, and its trees are being killed.</summary>
    internal static void Forget(Engine engine) => s_engines.TryRemove(engine, out _);

    private static void EndAll()
    {
        List<Task> endings = [];
        foreach (Engine engine in s_engines.Keys)
        {
            foreach (ProcessTree tree in engine.Trees())
            {
                if (!tree.TryPin())
                {
                    continue; // over a moment ago
                }

                if (tree.DiesWithHost)
                {
                    tree.NoteStop(StopReason.HostExit);
                    tree.Kill();
                    endings.Add(tree.WhenEmpty());
                }

                tree.Unpin();
            }
        }

        // Not Task.WaitAll's exceptions: whatever is left is logged nowhere any more and dies with the host's handles.
        Task.WhenAll(endings).ContinueWith(static _ => { }, TaskScheduler.Default).Wait(s_patience);
    }
}
