using ChildProc.Telemetry;

namespace ChildProc.Engines;

/// <content>What listeners are told of it.</content>
internal abstract partial class ProcessTree
{
    private ChildTelemetry? _telemetry; // null when nobody listens. Written under the gate

    /// <summary>The pid of its supervisor; 0 where it has none.</summary>
    internal virtual int SupervisorId => 0;

    /// <summary>False when the target is gone already.</summary>
    internal bool Signal(ChildSignal signal, SignalScope scope)
    {
        bool sent = Send(signal, scope);
        ChildProcEventSource log = ChildProcEventSource.Log;
        if (log.IsEnabled())
        {
            log.SignalSent(Id, signal.Number, (long)scope, sent ? 1 : 0);
        }

        if (sent)
        {
            ChildProcMeter.SignalSent(signal, scope);
        }

        return sent;
    }

    /// <summary>Kills the whole tree; does not wait.</summary>
    internal void Kill()
    {
        NoteStop(StopReason.Kill);
        bool isThere = !IsKnownEmpty;
        SendKill();
        if (isThere)
        {
            ChildProcEventSource.Log.KillSent(Id);
            ChildProcMeter.SignalSent(ChildSignal.Kill, SignalScope.Tree);
        }
    }

    /// <summary>Why it is about to be ended. Only the first reason counts, and none after the end.</summary>
    internal void NoteStop(StopReason reason) => _telemetry?.Stopped(reason);

    /// <summary>If its end is known, its listeners know, too, when this returns. Under no lock.</summary>
    internal void TellEnd() => _telemetry?.Tell();

    /// <summary>An exit that nobody waits for is told when it happens, and not when somebody looks.</summary>
    private void ListenForTelemetry()
    {
        lock (_gate)
        {
            if (!_hasExited && !_isReadHere)
            {
                _ = Listen(); // where that cannot be, it is told when somebody looks
            }
        }
    }

    // Under the gate, before anybody hears of the exit: whoever then waits tells of it.
    private ChildTelemetry? NoteEnd(ExitStatus? status, long reapDelayNs)
    {
        _telemetry ??= ChildTelemetry.BeginLate(this);
        _telemetry?.NoteEnd(status, reapDelayNs);
        return _telemetry;
    }

    // Under the gate: it has an owner from here on. Its end may have come before, and was noted for itself.
    private void Take(ChildTelemetry? telemetry)
    {
        ChildTelemetry? end = _telemetry;
        _telemetry = telemetry ?? (end is null ? null : ChildTelemetry.BeginLate(this));
        if (end is not null)
        {
            _telemetry?.TakeEnd(end);
        }
        else if (_hasExited)
        {
            _telemetry?.NoteEnd(_exit, reapDelayNs: -1); // nobody listened in that moment
        }
    }

    /// <summary>The zombie, which was kept, is buried.</summary>
    protected void TellBurial() => _telemetry?.ReapedLater();

    private void TellStep(StopStep step) => ChildProcEventSource.Log.StopStep(Id, (long)step);

    /// <summary>The steps of a stop, by the numbers of the event.</summary>
    private enum StopStep
    {
        Signalled = 1,
        Ended = 2,
        GraceOver = 3,
        GraceCut = 4,
        Empty = 5,
    }
}
