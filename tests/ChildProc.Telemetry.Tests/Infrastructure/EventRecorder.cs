using System.Diagnostics.Tracing;

namespace ChildProc.Telemetry.Tests.Infrastructure;

/// <summary>One event as a listener got it.</summary>
internal sealed record HeardEvent(int Id, string Name, Dictionary<string, object?> Payload)
{
    internal long this[string field] => (long)Payload[field]!;

    internal bool Is(string name, int pid) => Name == name && (int)this["pid"] == pid;

    public override string ToString() => $"{Id} {Name}({string.Join(", ", Payload.Select(static p => $"{p.Key}={p.Value}"))})";
}

/// <summary>Hears the library's events in this process.</summary>
internal sealed class EventRecorder : EventListener
{
    internal Heard<HeardEvent> Heard { get; } = new();

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "ChildProc")
        {
            EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
        => Heard.Add(new HeardEvent(
            eventData.EventId,
            eventData.EventName!,
            eventData.PayloadNames!.Zip(eventData.Payload!).ToDictionary(static p => p.First, static p => p.Second)));
}
