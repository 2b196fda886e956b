namespace ChildProc.Telemetry;

/// <summary>The one name of the library's activity source, meter and event source.</summary>
internal static class TelemetrySource
{
    internal const string Name = "ChildProc";

    internal static string? Version { get; } = typeof(TelemetrySource).Assembly.GetName().Version?.ToString(3);
}
