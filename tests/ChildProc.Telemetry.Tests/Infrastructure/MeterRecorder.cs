using System.Diagnostics.Metrics;

namespace ChildProc.Telemetry.Tests.Infrastructure;

/// <summary>One measurement.</summary>
internal sealed record Measured(string Instrument, double Value, Dictionary<string, object?> Attributes)
{
    internal bool Is(string instrument, string attribute, string value)
        => Instrument == instrument && Attributes.TryGetValue(attribute, out object? found) && Equals(found, value);

    public override string ToString() => $"{Instrument}={Value} {string.Join(",", Attributes)}";
}

/// <summary>Hears the library's instruments.</summary>
internal sealed class MeterRecorder : IDisposable
{
    private readonly MeterListener _listener = new();

    internal MeterRecorder(Action? onMeasured = null)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "ChildProc")
            {
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Heard.Add(new Measured(instrument.Name, value, new Dictionary<string, object?>(tags.ToArray())));
            onMeasured?.Invoke();
        }
    }

    internal Heard<Measured> Heard { get; } = new();

    internal List<Instrument> Instruments { get; } = [];

    /// <summary>The children that run, by the instrument that is asked.</summary>
    internal long Active()
    {
        _listener.RecordObservableInstruments();
        return (long)Heard.All.Last(static m => m.Instrument == "childproc.process.active").Value;
    }

    internal double Sum(string instrument, string attribute, string value)
        => Heard.All.Where(m => m.Is(instrument, attribute, value)).Sum(static m => m.Value);

    public void Dispose() => _listener.Dispose();
}
