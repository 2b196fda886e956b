using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using ChildProc;

namespace Quickstart;

/// <summary>Whether a published form still tells of its children: spans and measurements, and events where it was published with them.</summary>
internal static class TelemetryCheck
{
    internal static async Task<int> RunAsync()
    {
        int spans = 0, measurements = 0;
        using ActivityListener spanListener = new()
        {
            ShouldListenTo = static source => source.Name == "ChildProc",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => spans += span.GetTagItem("process.exit.code") is 3 ? 1 : 0,
        };
        ActivitySource.AddActivityListener(spanListener);
        using MeterListener meterListener = new();
        meterListener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "ChildProc")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meterListener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref measurements));
        meterListener.Start();
        using Events events = new();

        await ChildProcess.RunAsync(new("sh", "-c", "exit 3"));

        // The switch that EventSourceSupport sets.
        int expected = AppContext.TryGetSwitch("System.Diagnostics.Tracing.EventSource.IsSupported", out bool on) && !on ? 0 : 1;
        Console.WriteLine($"{spans} span, {measurements} measurements, {events.Exits} exit told of {expected}");
        return spans == 1 && measurements == 3 && events.Exits == expected ? 0 : 1;
    }

    private sealed class Events : EventListener
    {
        internal int Exits { get; private set; }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "ChildProc")
            {
                EnableEvents(eventSource, EventLevel.Informational);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
            => Exits += eventData is { EventName: "Exited", Payload: [_, 3L, ..] } ? 1 : 0;
    }
}
