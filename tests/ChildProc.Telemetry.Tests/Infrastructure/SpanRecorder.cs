using System.Diagnostics;

namespace ChildProc.Telemetry.Tests.Infrastructure;

/// <summary>Hears the library's spans as they end.</summary>
internal sealed class SpanRecorder : IDisposable
{
    private readonly ActivityListener _listener;

    internal SpanRecorder(Action? onStopped = null)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "ChildProc",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                Heard.Add(span);
                onStopped?.Invoke();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    internal Heard<Activity> Heard { get; } = new();

    /// <summary>The one span that has ended by now.</summary>
    internal Activity Single() => Assert.Single(Heard.All);

    public void Dispose() => _listener.Dispose();
}
