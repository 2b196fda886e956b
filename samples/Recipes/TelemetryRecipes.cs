// <opentelemetry>
using ChildProc;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
// </opentelemetry>
using System.Diagnostics.Tracing;

namespace Recipes;

/// <summary>Spans, measurements and events. No collector need listen: what cannot be exported is dropped.</summary>
internal static class TelemetryRecipes
{
    public static async Task OpenTelemetryAsync()
    {
        // <opentelemetry>
        using TracerProvider spans = Sdk.CreateTracerProviderBuilder().AddSource("ChildProc").AddOtlpExporter().Build();
        using MeterProvider measurements = Sdk.CreateMeterProviderBuilder().AddMeter("ChildProc").AddOtlpExporter().Build();

        await ChildProcess.RunAsync(new("sort", "/etc/passwd") { StandardOutput = ChildStdio.Null });
        // </opentelemetry>
    }

    public static async Task ArgumentsAsync()
    {
        // <telemetry-arguments>
        await using IChildProcessHost host = ChildProcessHost.Create(new() { RecordArguments = true });
        // </telemetry-arguments>

        Check.That((await host.RunAsync(new ChildProcessStartInfo("true"))).Status.IsSuccess);
    }

    public static async Task EventsAsync()
    {
        using ExitCodes exits = new();
        await ChildProcess.RunAsync(new("sh", "-c", "exit 3"));
        Check.That(exits.Codes.Contains(3));
    }

    // <telemetry-events>
    private sealed class ExitCodes : EventListener
    {
        public List<long> Codes { get; } = [];

        protected override void OnEventSourceCreated(EventSource source)
        {
            if (source.Name == "ChildProc")
                EnableEvents(source, EventLevel.Informational);
        }

        protected override void OnEventWritten(EventWrittenEventArgs e)
        {
            if (e.EventId == 5)                             // Exited: pid, code, ...
                Codes.Add((long)e.Payload![1]!);
        }
    }
    // </telemetry-events>
}
