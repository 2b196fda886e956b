using System.Diagnostics;
using System.Diagnostics.Metrics;
using ChildProc.Diagnostics;

namespace ChildProc.Telemetry;

/// <summary>The library's instruments. Those called <c>process.</c> are about the process that reports, so ours are called otherwise.</summary>
/// <remarks>
/// A listener that throws must not end a start half-way, nor the reactor: what it throws is dropped.
/// </remarks>
internal static class ChildProcMeter
{
    // Seconds: a start takes a fraction of a millisecond, a child may run for hours.
    private static readonly double[] s_shortTimes = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] s_longTimes = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600];

    private static readonly Meter s_meter = new(TelemetrySource.Name, TelemetrySource.Version);

    private static readonly Histogram<double> s_spawnDuration = Times("childproc.spawn.duration", "How long starts take, from the call until the program runs.", s_shortTimes);
    private static readonly Histogram<double> s_processDuration = Times("childproc.process.duration", "How long children run.", s_longTimes);
    private static readonly Histogram<double> s_reapDelay = Times("childproc.reap.delay", "How long after its end a child is gone and its status known.", s_shortTimes);
    private static readonly Counter<long> s_spawnFailures = s_meter.CreateCounter<long>("childproc.spawn.failures", "{start}", "Starts that failed.");
    private static readonly Counter<long> s_signals = s_meter.CreateCounter<long>("childproc.signal.sent", "{signal}", "Signals that were sent, kills among them.");
    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>("childproc.pipe.io", "By", "What the library itself read from children and wrote to them.");
    private static readonly Counter<long> s_leaks = s_meter.CreateCounter<long>("childproc.leaks", "{leak}", "Children that were forgotten, and trees that were not empty.");

    private static readonly TagList s_read = new() { { "childproc.io.direction", "read" } };
    private static readonly TagList s_write = new() { { "childproc.io.direction", "write" } };

    // Asked by its listeners.
    private static readonly ObservableUpDownCounter<long> s_active = s_meter.CreateObservableUpDownCounter(
        "childproc.process.active", Ledger.CountActive, "{process}", "Children that run.");

    /// <summary>Somebody measures the way of a child.</summary>
    internal static bool MeasuresChildren => s_spawnDuration.Enabled || s_processDuration.Enabled || s_reapDelay.Enabled || s_spawnFailures.Enabled;

    internal static bool CountsLeaks => s_leaks.Enabled;

    internal static void Started(double seconds, string executable, string containment)
        => Record(s_spawnDuration, seconds, new TagList { { SpanNames.Executable, executable }, { SpanNames.Containment, containment } });

    internal static void Failed(string executable, string? stage, string error)
    {
        TagList tags = new() { { SpanNames.Executable, executable }, { SpanNames.ErrorType, error } };
        if (stage is not null)
        {
            tags.Add(SpanNames.Stage, stage);
        }

        Add(s_spawnFailures, 1, tags);
    }

    internal static void Ran(double seconds, string executable, string containment, string? error)
    {
        TagList tags = new() { { SpanNames.Executable, executable }, { SpanNames.Containment, containment } };
        if (error is not null)
        {
            tags.Add(SpanNames.ErrorType, error);
        }

        Record(s_processDuration, seconds, tags);
    }

    internal static void Reaped(double seconds, string containment) => Record(s_reapDelay, seconds, new TagList { { SpanNames.Containment, containment } });

    internal static void SignalSent(ChildSignal signal, SignalScope scope)
    {
        if (s_signals.Enabled)
        {
            Add(s_signals, 1, new TagList { { "childproc.signal", signal.Name }, { "childproc.signal.scope", SpanNames.Of(scope) } });
        }
    }

    internal static void Transferred(long bytes, bool read)
    {
        if (s_bytes.Enabled)
        {
            Add(s_bytes, bytes, read ? s_read : s_write);
        }
    }

    internal static void Leaked(string kind) => Add(s_leaks, 1, new TagList { { "childproc.leak.kind", kind } });

    private static Histogram<double> Times(string name, string description, double[] boundaries)
        => s_meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = boundaries });

    private static void Record(Histogram<double> histogram, double value, in TagList tags)
    {
        try
        {
            histogram.Record(value, tags);
        }
        catch (Exception)
        {
            // see above
        }
    }

    private static void Add(Counter<long> counter, long value, in TagList tags)
    {
        try
        {
            counter.Add(value, tags);
        }
        catch (Exception)
        {
            // see above
        }
    }
}
