using System.Diagnostics;
using ChildProc.Engines;

namespace ChildProc.Telemetry;

/// <summary>What is told of one child from its start to its end. There is none, and no clock is read, when nobody listens.</summary>
/// <remarks>
/// The end is noted where it is seen, by the reactor or by a thread that waits, and told elsewhere, for spans and measurements run the
/// application's code: by whoever waits for the child, before his wait returns, or else on the thread pool. So an application that
/// waits for its child and ends has the child's span. It never refers to the tree, which serves others by then.
/// </remarks>
internal sealed class ChildTelemetry : IThreadPoolWorkItem
{
    private static long s_starts;
    private readonly Lock _telling = new();
    private readonly string _executable;
    private readonly Activity? _span;
    private readonly long _startId, _asked; // 0 when nobody listened at the start
    private long _running, _ended;
    private DateTimeOffset _startTime;
    private int _pid;
    private string _containment = "";
    private StopReason _reason;
    private ExitStatus? _status; // null: let go of
    private TimeSpan _ran;
    private long _reapDelay;
    private bool _isOver, _isTelling, _isTold;

    private ChildTelemetry(ChildProcessStartInfo? info) => _executable = Path.GetFileName(info?.FileName) ?? "";

    private ChildTelemetry(ChildProcessStartInfo info, bool withArguments)
        : this(info)
    {
        _asked = Stopwatch.GetTimestamp();
        _span = ChildProcSpans.Begin(info, _executable, withArguments);
        if (ChildProcEventSource.Log.IsEnabled())
        {
            _startId = Interlocked.Increment(ref s_starts);
            ChildProcEventSource.Log.SpawnStart(_startId, _executable);
        }
    }

    /// <summary>Somebody wants to know of children.</summary>
    internal static bool IsWanted => ChildProcEventSource.Log.IsEnabled() || ChildProcMeter.MeasuresChildren || ChildProcSpans.AreAskedFor;

    /// <summary>At the call that starts a child. Null when nobody listens.</summary>
    internal static ChildTelemetry? Begin(ChildProcessStartInfo info, bool withArguments) => IsWanted ? new ChildTelemetry(info, withArguments) : null;

    /// <summary>At the end of a child at whose start nobody listened, or that has no owner yet. Null when nobody listens now.</summary>
    internal static ChildTelemetry? BeginLate(ProcessTree tree)
    {
        if (!IsWanted)
        {
            return null;
        }

        ChildTelemetry late = new(tree.Info);
        late.Note(tree);
        return late;
    }

    /// <summary>It runs.</summary>
    internal void Started(ProcessTree tree)
    {
        _running = Stopwatch.GetTimestamp();
        Note(tree);
        if (_span is not null)
        {
            ChildProcSpans.Started(_span, _pid, _containment);
        }

        if (ChildProcEventSource.Log.IsEnabled())
        {
            ChildProcEventSource.Log.SpawnStop(_startId, _pid, tree.SupervisorId, (long)tree.Containment);
            tree.Pipes.Announce(_pid);
        }

        ChildProcMeter.Started(Stopwatch.GetElapsedTime(_asked, _running).TotalSeconds, _executable, _containment);
    }

    /// <summary>It could not be started.</summary>
    internal void Failed(Exception failure)
    {
        ChildProcessStartException? start = failure as ChildProcessStartException;
        string error = SpanNames.ErrorOf(failure);
        string? stage = start is null ? null : SpanNames.Of(start.Stage);
        if (_span is not null)
        {
            ChildProcSpans.Failed(_span, failure, error, stage);
        }

        if (ChildProcEventSource.Log.IsEnabled())
        {
            ChildProcEventSource.Log.SpawnFailed(_startId, start is null ? 0 : (long)start.Stage, start?.NativeErrorCode ?? 0);
        }

        ChildProcMeter.Failed(_executable, stage, error);
    }

    /// <summary>The owner, or what became of him, ends it.</summary>
    internal void Stopped(StopReason reason)
    {
        if (_reason == StopReason.None && !Volatile.Read(ref _isOver))
        {
            _reason = reason;
        }
    }

    /// <summary>It has ended, and nobody knows yet. Under the gate of its tree.</summary>
    /// <param name="status">How; null when it was let go of.</param>
    /// <param name="reapDelayNs">How long it had been dead; below 0 when that is not known, or not over.</param>
    internal void NoteEnd(ExitStatus? status, long reapDelayNs)
    {
        _ended = Stopwatch.GetTimestamp();
        _ran = _running != 0 ? Stopwatch.GetElapsedTime(_running, _ended) : DateTimeOffset.UtcNow - _startTime;
        (_status, _reapDelay) = (status, reapDelayNs);
        Volatile.Write(ref _isOver, true);
    }

    /// <summary>As <see cref="NoteEnd"/>, of an end that came before the child had an owner, and was noted then.</summary>
    internal void TakeEnd(ChildTelemetry noted)
    {
        (_ended, _ran, _status, _reapDelay) = (noted._ended, noted._ran, noted._status, noted._reapDelay);
        Volatile.Write(ref _isOver, true);
    }

    /// <summary>After <see cref="NoteEnd"/>, outside of the gate.</summary>
    internal void Announce()
    {
        ChildProcEventSource log = ChildProcEventSource.Log;
        if (log.IsEnabled())
        {
            if (_status is not { } status)
            {
                log.LetGo(_pid);
            }
            else
            {
                log.Exited(
                    _pid, status.Code ?? -1, status.Signal?.Number ?? 0, status.CoreDumped ? 1 : 0,
                    status.Usage.UserTime.Ticks / TimeSpan.TicksPerMicrosecond, status.Usage.SystemTime.Ticks / TimeSpan.TicksPerMicrosecond, status.Usage.PeakMemoryBytes);
                if (_reapDelay >= 0)
                {
                    log.Reaped(_pid, _reapDelay);
                }
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Tells of the end, unless that is told already or has not come. Holds no lock but its own.</summary>
    internal void Tell()
    {
        if (!Volatile.Read(ref _isOver) || Volatile.Read(ref _isTold))
        {
            return;
        }

        lock (_telling)
        {
            if (_isTelling)
            {
                return; // told; or a listener that asks for the end that it is being told of
            }

            _isTelling = true;
            if (_status is { } status)
            {
                ChildProcMeter.Ran(_ran.TotalSeconds, _executable, _containment, SpanNames.ErrorOf(status));
                if (_reapDelay >= 0)
                {
                    ChildProcMeter.Reaped(_reapDelay / 1e9, _containment);
                }
            }

            if (_span is not null)
            {
                ChildProcSpans.Ended(_span, Stopwatch.GetElapsedTime(_asked, _ended), _status, _reason);
            }

            Volatile.Write(ref _isTold, true);
        }
    }

    /// <summary>Its zombie, which was kept after the end, is gone.</summary>
    internal void ReapedLater()
    {
        TimeSpan delay = Stopwatch.GetElapsedTime(_ended);
        if (ChildProcEventSource.Log.IsEnabled())
        {
            ChildProcEventSource.Log.Reaped(_pid, (long)delay.TotalNanoseconds);
        }

        string containment = _containment;
        ThreadPool.UnsafeQueueUserWorkItem(_ => ChildProcMeter.Reaped(delay.TotalSeconds, containment), null);
    }

    void IThreadPoolWorkItem.Execute() => Tell();

    private void Note(ProcessTree tree)
        => (_pid, _startTime, _containment) = (tree.Id, tree.StartTime, SpanNames.Of(tree.Containment));
}
