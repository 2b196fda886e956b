using System.Runtime.Versioning;
using ChildProc.Events;
using ChildProc.Interop;
using ChildProc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Supervised;

/// <summary>One tree on its lifeline: what the supervisor tells, and what it is asked for.</summary>
/// <remarks>
/// Requested → (claimed) → running → exited → empty; or failed; or lost, when the lifeline ends before the tree is
/// empty. The reactor holds this object while the lifeline is registered, and this object never refers to the
/// <see cref="LocalChildProcess"/> of the caller, so a forgotten one can be collected. State changes happen under
/// the base class's gate; completions run outside of it, on the thread pool.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class SupervisedTree : ProcessTree
{
    private const int TellMilliseconds = 5000;
    private readonly GuardianSession _session;
    private readonly LifelineHandle _lifeline;
    private readonly Listener _listener;
    private readonly Lock _reading = new();
    private TaskCompletionSource? _startSource;
    private volatile StartState _start;
    private bool _claimed;
    private uint _claim; // which of its supervisor's claims
    private bool _registered;
    private volatile bool _orphansKilled;
    private bool _released;
    private Wire.Failed _failure;

    internal SupervisedTree(GuardianSession session, LifelineHandle lifeline, ILogger logger)
        : base(logger)
    {
        _session = session;
        _lifeline = lifeline;
        _listener = new Listener(this);
    }

    internal enum StartState { Waiting, Running, Failed, Ended }

    /// <summary>What the start has opened, until the child has it.</summary>
    internal StartResources? Resources { private get; set; }

    internal int SupervisorPid { get; private set; }

    internal bool Claimed => _claimed;

    internal Wire.Failed Failure => _failure;

    /// <summary>Why <see cref="AbortUnclaimed"/> ended the start; 0 when it did not, or another guardian may do better.</summary>
    internal int AbortError { get; private set; }

    internal override Containment Containment => Containment.Supervised;

    private bool StartIsOver => _start != StartState.Waiting;

    // ---- Start ----

    /// <summary>Blocks until the start has an answer or the time is over, without the reactor's help.</summary>
    internal StartState WaitForStart(long deadlineTicks)
    {
        try
        {
            using HandleUse use = new(_lifeline);
            while (!StartIsOver && SeqPacket.Wait(use.Number, Libc.POLLIN, deadlineTicks))
            {
                ReadAll();
            }
        }
        catch (ObjectDisposedException)
        {
            // its end was read already, by a thread that aborts
        }

        return _start;
    }

    /// <summary>Completes when the start has an answer; from here on the reactor listens.</summary>
    internal Task WhenStarted()
    {
        _startSource = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task started = _startSource.Task;
        AbortError = Listen();
        if (AbortError != 0)
        {
            EndStart(StartState.Ended);
        }

        return started;
    }

    internal StartState State => _start;

    /// <summary>The reactor listens from here on, if it did not before. 0 or errno.</summary>
    internal int Listen()
    {
        if (_registered)
        {
            return 0;
        }

        try
        {
            using HandleUse use = new(_lifeline);
            int error = Reactor.Shared.Add(use.Number, _listener, Libc.EPOLLIN);
            _registered = error == 0;
            return error;
        }
        catch (ObjectDisposedException)
        {
            return 0; // its end was read already
        }
    }

    /// <summary>Ends a start that nobody has claimed: its supervisor, if one comes, finds no owner and starts nothing.</summary>
    internal void AbortUnclaimed(int error)
    {
        ReadAll(); // a claim that is there already
        if (!_claimed && !StartIsOver)
        {
            AbortError = error;
            Shutdown();
        }
    }

    /// <summary>Gives a start up. What was claimed dies with its lifeline.</summary>
    internal void Abort()
    {
        ReadAll(); // a claim or an answer that was on its way
        if (_claimed && !StartIsOver)
        {
            _session.KillSupervisor(SupervisorPid, _claim); // it hangs before the exec, where it hears nothing else
        }

        Shutdown();
        Close();
    }

    // ---- The running tree ----

    internal override bool Signal(ChildSignal signal, SignalScope scope)
    {
        Wire.Signal frame = new()
        {
            Frame = new Wire.Frame(Wire.FrameType.Signal, 16),
            Number = (uint)signal.Number,
            Scope = (uint)scope,
        };
        bool gone = scope == SignalScope.Tree ? IsEmpty : HasExited;
        return !gone && Tell(frame);
    }

    internal override void Kill() => Tell(new Wire.Frame(Wire.FrameType.Kill, 8));

    internal override void Release()
    {
        Tell(new Wire.Frame(Wire.FrameType.Release, 8));
        _released = true;
        Shutdown();
    }

    internal override void Abandon() => Shutdown();

    internal override List<int> Members()
    {
        if (SupervisorPid == 0 || IsEmpty || IsLost || _lifeline.IsClosed)
        {
            return [];
        }

        List<int> members = ProcFs.Descendants(SupervisorPid);
        ReadAll(); // it says that the tree is empty before it serves another: then these may be the other's
        return IsEmpty || IsLost ? [] : members;
    }

    internal override void Close()
    {
        try
        {
            using HandleUse use = new(_lifeline);
            Reactor.Shared.Remove(use.Number, _listener);
        }
        catch (ObjectDisposedException)
        {
            // closed at its end of file
        }

        _lifeline.Dispose();
        _session.Remove(this);
        ClosePipes();
        SetClosed(_released || State != StartState.Running ? null : TreeFault.NotEmpty);
    }

    /// <summary>A killed supervisor's orphans fell to the guardian, which killed them: the tree is empty after all.</summary>
    internal void OnOrphansKilled()
    {
        _orphansKilled = true;
        ReadAll(); // what it said before it died, and its end: the exit is known before the tree is empty
        if (IsLost)
        {
            SetEmpty(fault: null);
        }
    }

    /// <summary>The guardian is dead. A start that nobody claimed sees its lifeline end, and goes to the next one.</summary>
    internal void OnGuardianLost()
    {
        if (IsLost)
        {
            SetEmpty(TreeFault.ContainmentLost);
        }
    }

    private void Shutdown()
    {
        try
        {
            using HandleUse use = new(_lifeline);
            Libc.shutdown(use.Number, Libc.SHUT_RDWR);
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private bool Tell<T>(T frame)
        where T : unmanaged
    {
        try
        {
            using HandleUse use = new(_lifeline);
            int error;
            long deadline = Environment.TickCount64 + TellMilliseconds;
            while ((error = SeqPacket.Send(use.Number, frame)) == Libc.EAGAIN
                && SeqPacket.Wait(use.Number, Libc.POLLOUT, deadline))
            {
                // Hundreds of signals in a row: the supervisor reads as fast as it can send them on. A kill is never dropped.
            }

            return error == 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    // Read by the starting thread until it hands over to the reactor, and by a thread that aborts.
    private void ReadAll()
    {
        using Lock.Scope scope = _reading.EnterScope();
        Span<byte> buffer = stackalloc byte[512];
        try
        {
            using HandleUse use = new(_lifeline);
            while (true)
            {
                int length = SeqPacket.Receive(use.Number, buffer);
                if (length == -Libc.EAGAIN)
                {
                    return;
                }

                if (length <= 0)
                {
                    OnEndOfFile(use.Number);
                    return;
                }

                ReadOnlySpan<byte> message = buffer[..length];
                while (Wire.TryNext(ref message, out Wire.FrameType type, out ReadOnlySpan<byte> frame))
                {
                    OnFrame(type, frame);
                }
            }
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private void OnFrame(Wire.FrameType type, ReadOnlySpan<byte> frame)
    {
        switch (type)
        {
            case Wire.FrameType.Claimed when Wire.TryRead(frame, out Wire.Claimed claimed):
                SupervisorPid = claimed.SupervisorPid;
                _claim = claimed.Claim;
                _claimed = true;
                break;
            case Wire.FrameType.Started when Wire.TryRead(frame, out Wire.Started started):
                Resources?.CloseChildEnds();
                Resources = null;
                SetStarted(started.Pid);
                EndStart(StartState.Running);
                break;
            case Wire.FrameType.Failed when Wire.TryRead(frame, out _failure):
                EndStart(StartState.Failed);
                break;
            case Wire.FrameType.Exited when Wire.TryRead(frame, out Wire.Exited exited):
                SetExited(ToStatus(exited));
                break;
            case Wire.FrameType.TreeEmpty:
                SetEmpty(fault: null);
                break;
            case Wire.FrameType.SignalFailed when Wire.TryRead(frame, out Wire.SignalFailed failed):
                Log.SignalFailed(Logger, Id, failed.Number, failed.Error);
                break;
        }
    }

    private void OnEndOfFile(int number)
    {
        EndStart(StartState.Ended);
        Reactor.Shared.Remove(number, _listener);

        if (State == StartState.Running && !IsEmpty)
        {
            bool guardianDead = _session.IsDead;
            SetLost();
            if (guardianDead || IsAbandoned || _orphansKilled)
            {
                SetEmpty(IsAbandoned || _orphansKilled ? null : TreeFault.ContainmentLost);
            }
        }

        _lifeline.Dispose(); // it has told all that it ever will
        if (IsEmpty || State == StartState.Ended)
        {
            _session.Remove(this);
        }
    }

    private void EndStart(StartState state)
    {
        if (!StartIsOver)
        {
            _start = state;
            _startSource?.TrySetResult();
        }
    }

    private static ExitStatus ToStatus(in Wire.Exited exited)
    {
        const uint CldExited = 1, CldDumped = 3;
        ResourceUsage usage = new()
        {
            UserTime = TimeSpan.FromMicroseconds(exited.UserMicroseconds),
            SystemTime = TimeSpan.FromMicroseconds(exited.SystemMicroseconds),
            PeakMemoryBytes = (long)exited.PeakKilobytes * 1024,
        };
        return exited.Code == CldExited
            ? ExitStatus.FromCode(exited.Status, usage)
            : ExitStatus.FromSignal(ChildSignal.FromNumber(exited.Status), exited.Code == CldDumped, usage);
    }

    private sealed class Listener(SupervisedTree tree) : IReactorEntry
    {
        public int Slot { get; set; } = IReactorEntry.NotRegistered;

        public void OnReady(uint events) => tree.ReadAll();
    }
}
