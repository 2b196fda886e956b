using System.Diagnostics;

namespace ChildProc.Telemetry;

/// <summary>Pairs the monotonic clock, which events and the kernel's traces have, with the wall clock, which logs have; as long as somebody listens.</summary>
/// <remarks>The wall clock may be set, and drifts: one pair is not enough for a long trace.</remarks>
internal sealed class ClockBeat : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);
    private readonly Lock _gate = new();
    private Timer? _timer;

    internal void Begin(ChildProcEventSource source)
    {
        Tell(source);
        lock (_gate)
        {
            if (_timer is not null)
            {
                return;
            }

            // The timer is nobody's: it must not hold the flow of whoever happens to listen first.
            bool flows = !ExecutionContext.IsFlowSuppressed();
            if (flows)
            {
                ExecutionContext.SuppressFlow();
            }

            try
            {
                _timer = new Timer(_ => OnTime(source), null, s_period, s_period);
            }
            finally
            {
                if (flows)
                {
                    ExecutionContext.RestoreFlow();
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void OnTime(ChildProcEventSource source)
    {
        if (source.IsEnabled())
        {
            Tell(source);
            return;
        }

        Dispose();
        if (source.IsEnabled())
        {
            Begin(source); // who came meanwhile found the timer there
        }
    }

    // The wall clock between two looks at the other one, which is then halved.
    private static void Tell(ChildProcEventSource source)
    {
        long before = Stopwatch.GetTimestamp();
        long realtime = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        long after = Stopwatch.GetTimestamp();
        source.ClockSync(Nanoseconds(before + ((after - before) / 2)), realtime);
    }

    // On Linux a timestamp is CLOCK_MONOTONIC in nanoseconds already.
    private static long Nanoseconds(long timestamp)
        => Stopwatch.Frequency == 1_000_000_000 ? timestamp : (long)(timestamp * (1e9 / Stopwatch.Frequency));
}
