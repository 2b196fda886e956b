using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Tracing;

namespace ChildProc.Telemetry;

/// <summary>The library's events, for <c>dotnet-trace</c> and tools that merge them with what the kernel tells.</summary>
/// <remarks>
/// Numbers, names and payloads never change: docs/telemetry.md lists them, and a test compares. Every number is a 64-bit integer, for
/// WriteEvent takes other widths without a word and the reader decodes garbage (dotnet/runtime#53043). Numbers and strings only, so
/// that nothing is reflected over. Events are written where they happen, on the reactor, too, as the runtime's own are.
/// </remarks>
[EventSource(Name = TelemetrySource.Name)]
internal sealed class ChildProcEventSource : EventSource
{
    internal static readonly ChildProcEventSource Log = new();

    private readonly ClockBeat _clock = new(); // before the base's constructor, which may enable already

    private ChildProcEventSource()
    {
    }

    // ---- The clock ----

    /// <summary>The same moment on two clocks.</summary>
    [Event(1, Level = EventLevel.Informational)]
    internal void ClockSync(long monotonicNs, long realtimeNs) => WriteEvent(1, monotonicNs, realtimeNs);

    // ---- A start. No activities: a child starts on one thread and is told of on another ----

    [Event(2, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle, ActivityOptions = EventActivityOptions.Disable)]
    internal void SpawnStart(long startId, string executable) => WriteEvent(2, startId, executable);

    [Event(3, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle, ActivityOptions = EventActivityOptions.Disable)]
    internal void SpawnStop(long startId, long pid, long supervisorPid, long containment) => Write(3, [startId, pid, supervisorPid, containment]);

    [Event(4, Level = EventLevel.Warning, Keywords = Keywords.Lifecycle)]
    internal void SpawnFailed(long startId, long stage, long errno) => WriteEvent(4, startId, stage, errno);

    // ---- An end ----

    [Event(5, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle)]
    internal void Exited(long pid, long code, long signal, long coreDumped, long userUs, long systemUs, long peakBytes)
        => Write(5, [pid, code, signal, coreDumped, userUs, systemUs, peakBytes]);

    [Event(6, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle)]
    internal void Reaped(long pid, long delayNs) => WriteEvent(6, pid, delayNs);

    [Event(7, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle)]
    internal void TreeEmpty(long pid) => WriteEvent(7, pid);

    [Event(8, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle)]
    internal void LetGo(long pid) => WriteEvent(8, pid);

    // ---- What was asked of a tree ----

    [Event(9, Level = EventLevel.Informational, Keywords = Keywords.Signals)]
    internal void SignalSent(long pid, long signal, long scope, long delivered) => Write(9, [pid, signal, scope, delivered]);

    [Event(10, Level = EventLevel.Informational, Keywords = Keywords.Signals)]
    internal void KillSent(long pid) => WriteEvent(10, pid);

    [Event(11, Level = EventLevel.Informational, Keywords = Keywords.Signals)]
    internal void StopStep(long pid, long step) => WriteEvent(11, pid, step);

    // ---- What the host holds ----

    [Event(12, Level = EventLevel.Verbose, Keywords = Keywords.Descriptors)]
    internal void PipeOpened(long pid, long stream, long descriptor) => WriteEvent(12, pid, stream, descriptor);

    [Event(13, Level = EventLevel.Verbose, Keywords = Keywords.Descriptors)]
    internal void PipeClosed(long pid, long stream, long descriptor, long bytes) => Write(13, [pid, stream, descriptor, bytes]);

    [Event(14, Level = EventLevel.Verbose, Keywords = Keywords.Descriptors)]
    internal void PidfdOpened(long pid, long descriptor) => WriteEvent(14, pid, descriptor);

    [Event(15, Level = EventLevel.Verbose, Keywords = Keywords.Descriptors)]
    internal void PidfdClosed(long pid, long descriptor) => WriteEvent(15, pid, descriptor);

    // ---- Leaks ----

    [Event(16, Level = EventLevel.Warning, Keywords = Keywords.Leaks)]
    internal void HandleFinalized(long pid) => WriteEvent(16, pid);

    [Event(17, Level = EventLevel.Error, Keywords = Keywords.Leaks)]
    internal void TreeNotEmpty(long pid, long remaining) => WriteEvent(17, pid, remaining);

    [Event(18, Level = EventLevel.Error, Keywords = Keywords.Leaks)]
    internal void ContainmentLost(long pid) => WriteEvent(18, pid);

    [Event(19, Level = EventLevel.Informational, Keywords = Keywords.Leaks)]
    internal void StartedBy(long pid, string startStack) => WriteEvent(19, pid, startStack);

    [Event(20, Level = EventLevel.Informational, Keywords = Keywords.Leaks)]
    internal void Disposed(long pid) => WriteEvent(20, pid);

    /// <summary>Each listener begins with the clock.</summary>
    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command == EventCommand.Enable)
        {
            _clock.Begin(this);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _clock.Dispose();
        }

        base.Dispose(disposing);
    }

    // For what WriteEvent has no exact overload for.
    [NonEvent]
    [UnconditionalSuppressMessage("Trimming", "IL2026:RequiresUnreferencedCode", Justification = "Integers only: nothing is serialized by reflection.")]
    private unsafe void Write(int id, ReadOnlySpan<long> values)
    {
        EventData* data = stackalloc EventData[values.Length];
        fixed (long* first = values)
        {
            for (int i = 0; i < values.Length; i++)
            {
                data[i] = new EventData { DataPointer = (nint)(first + i), Size = sizeof(long) };
            }

            WriteEventCore(id, values.Length, data);
        }
    }

    /// <summary>What can be asked for by itself; the clock comes with each of them.</summary>
    public static class Keywords
    {
        /// <summary>Starts and ends.</summary>
        public const EventKeywords Lifecycle = (EventKeywords)1;

        /// <summary>Signals, kills, steps of a stop.</summary>
        public const EventKeywords Signals = (EventKeywords)2;

        /// <summary>Pipes and pidfds, opened and closed.</summary>
        public const EventKeywords Descriptors = (EventKeywords)4;

        /// <summary>What was forgotten, or is still there.</summary>
        public const EventKeywords Leaks = (EventKeywords)8;
    }
}
