using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace ChildProc.Telemetry.Tests.Infrastructure;

/// <summary>Reads the library's events from a session of the runtime's diagnostics, until that is stopped.</summary>
internal sealed class EventPipeReader
{
    internal EventPipeReader(EventPipeSession session, Heard<HeardEvent> heard)
    {
        // The first bytes come with the first events: even the construction of the source waits for them.
        Finished = Task.Factory.StartNew(() => Read(session, heard), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>All is read; how many events were lost.</summary>
    internal Task<int> Finished { get; }

    private static int Read(EventPipeSession session, Heard<HeardEvent> heard)
    {
        using EventPipeEventSource source = new(session.EventStream);
        source.Dynamic.All += e =>
        {
            if (e.ProviderName == "ChildProc" && (int)e.ID is > 0 and < 1000) // not its manifest
            {
                heard.Add(new HeardEvent((int)e.ID, Name(e), e.PayloadNames.ToDictionary(static n => n, n => (object?)e.PayloadByName(n))));
            }
        };
        source.Process();
        return source.EventsLost;
    }

    // TraceEvent divides names that end in Start or Stop into task and opcode.
    private static string Name(TraceEvent e) => e.EventName.Replace("/", "", StringComparison.Ordinal);
}
