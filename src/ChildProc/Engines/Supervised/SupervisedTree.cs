using System.Diagnostics;
using System.Runtime.CompilerServices;
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
internal sealed partial class SupervisedTree : ProcessTree
{
    private readonly TreePool _pool;
    private readonly Lifeline _lifeline = new();
    private readonly Listener _listener;
    private readonly Lock _reading = new();
    private GuardianSession _session = null!; // of the start that it serves
    private volatile StartState _start;
    private bool _claimed;
    private uint _claim; // which of its supervisor's claims
    private volatile bool _orphansKilled;
    private bool _released;
    private Wire.Failed _failure;
    private TreeModel.State _told; // followed in debug builds alone

    internal SupervisedTree(TreePool pool, ILogger logger)
        : base(logger)
    {
        _pool = pool;
        _listener = new Listener(this);
    }

    internal enum StartState { Waiting, Running, Failed, Ended }

    /// <summary>What the start has opened, until the child has it.</summary>
    internal StartResources? Resources { private get; set; }

    internal int SupervisorPid { get; private set; }

    internal override int SupervisorId => SupervisorPid;

    internal bool Claimed => _claimed;

    internal Wire.Failed Failure => _failure;

    /// <summary>Why <see cref="AbortUnclaimed"/> ended the start; 0 when it did not, or another guardian may do better.</summary>
    internal int AbortError { get; private set; }

    internal override Containment Containment => Containment.Supervised;

    private bool StartIsOver => _start != StartState.Waiting;

    // ---- Start ----

    /// <summary>Begins a start over this lifeline.</summary>
    internal void Begin(GuardianSession session, int lifeline)
    {
        _session = session;
        _lifeline.Open(lifeline);
    }

    /// <summary>Blocks until the start has an answer or the time is over, without the reactor's help.</summary>
    internal StartState WaitForStart(long deadlineTicks)
    {
        if (TryReadHere())
        {
            try
            {
                while (!StartIsOver && Environment.TickCount64 < deadlineTicks)
                {
                    ReadHere(deadlineTicks);
                }
            }
            finally
            {
                StopReadingHere();
            }
        }

        return _start;
    }

    /// <summary>The reactor listens from here on, before the request is sent.</summary>
    internal void ListenForStart()
    {
        AbortError = ListenNow();
        if (AbortError != 0)
        {
            EndStart(StartState.Ended);
        }
    }

    /// <summary>True when the start has an answer; false at the deadline or the end of the lifetime.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> WaitForStartAsync(long deadlineTicks, CancellationToken lifetime)
    {
        ValueTask<bool> wait;
        lock (Gate)
        {
            if (StartIsOver)
            {
                return true;
            }

            wait = BeginWait(deadlineTicks, lifetime);
        }

        await wait.ConfigureAwait(false);
        EndWait();
        return StartIsOver;
    }

    internal StartState State => _start;

    /// <summary>Ends a start that nobody has claimed: its supervisor, if one comes, finds no owner and starts nothing.</summary>
    internal void AbortUnclaimed(GuardianSession session, int error)
    {
        if (!TryPin())
        {
            return;
        }

        TakeNews(); // a claim that is there already
        lock (_reading) // whoever reads a claim after this, and with it a start, reads the error, too
        {
            if (_session == session && !_claimed && !StartIsOver)
            {
                AbortError = error;
                Shutdown();
            }
        }

        Unpin();
    }

    /// <summary>Gives a start up. What was claimed dies with its lifeline.</summary>
    internal void Abort()
    {
        TakeNews(); // a claim or an answer that was on its way
        if (_claimed && !StartIsOver)
        {
            _session.KillSupervisor(SupervisorPid, _claim); // it hangs before the exec, where it hears nothing else
        }

        Shutdown();
        Close();
    }

    // ---- The running tree ----

    internal override void Release()
    {
        Tell(new Wire.Frame(Wire.FrameType.Release, 8));
        _released = true;
        Shutdown();
    }

    internal override void Abandon()
    {
        int error = ListenNow(); // for its end
        Shutdown();
        if (error != 0)
        {
            Close(); // nobody would see it
        }
    }

    internal override List<int> Members()
    {
        if (SupervisorPid == 0 || IsEmpty || IsLost || _lifeline.IsClosed)
        {
            return [];
        }

        List<int> members = ProcFs.Descendants(SupervisorPid);
        TakeNews(); // it says that the tree is empty before it serves another: then these may be the other's
        return IsEmpty || IsLost ? [] : members;
    }

    internal override void AddDescriptors(List<int> descriptors)
    {
        base.AddDescriptors(descriptors);
        if (_lifeline.TryUse(out Lifeline.Use use))
        {
            descriptors.Add(use.Number);
            use.Dispose();
        }
    }

    internal override void Close()
    {
        if (_lifeline.TryUse(out Lifeline.Use use))
        {
            using (use)
            {
                bool isRead = StopListening(use.Number);
                _lifeline.Close();
                if (isRead)
                {
                    Libc.shutdown(use.Number, Libc.SHUT_RDWR); // a thread may wait here for what will not come any more
                }
            }
        }

        _session.Remove(this);
        ClosePipes();
        SetClosed(_released || State != StartState.Running ? null : TreeFault.NotEmpty);
    }

    internal override bool CanServeAgain => IsPristine && !_released && !_orphansKilled && DiesWithHost;

    protected override void OnUnpinned()
    {
        if (!_lifeline.IsFree || !CanServeAgain)
        {
            return; // somebody looked at it beside the disposal, or was about to: let it go
        }

        Reset();
        _killSent = false;
        (_session, _start, _claimed, SupervisorPid, _failure, AbortError) = (null!, StartState.Waiting, false, 0, default, 0);
        _isListened = false;
        _told = TreeModel.State.Requested;
        _pool.Return(this);
    }

    /// <summary>It comes out of the pool.</summary>
    internal void ServeAgain() => PinAgain();

    /// <summary>A killed supervisor's orphans fell to the guardian, which killed them: the tree is empty after all.</summary>
    internal void OnOrphansKilled(GuardianSession session, int supervisor)
    {
        if (!TryPin())
        {
            return;
        }

        if (_session == session && SupervisorPid == supervisor)
        {
            OnOrphansKilled();
        }

        Unpin();
    }

    private void OnOrphansKilled()
    {
        _orphansKilled = true;
        TakeNews(); // what it said before it died, and its end: the exit is known before the tree is empty
        if (IsLost)
        {
            SetEmpty(fault: null);
        }
    }

    /// <summary>The guardian is dead. A start that nobody claimed sees its lifeline end, and goes to the next one.</summary>
    internal void OnGuardianLost(GuardianSession session)
    {
        if (TryPin())
        {
            if (_session == session && IsLost)
            {
                SetEmpty(TreeFault.ContainmentLost);
            }

            Unpin();
        }
    }

    private void Shutdown()
    {
        if (_lifeline.TryUse(out Lifeline.Use use))
        {
            using (use)
            {
                Libc.shutdown(use.Number, Libc.SHUT_RDWR);
            }
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
                Follow(TreeModel.News.Claimed);
                break;
            case Wire.FrameType.Started when Wire.TryRead(frame, out Wire.Started started):
                Follow(TreeModel.News.Started);
                Resources?.CloseChildEnds();
                Resources = null;
                SetStarted(started.Pid);
                EndStart(StartState.Running);
                break;
            case Wire.FrameType.Failed when Wire.TryRead(frame, out _failure):
                Follow(TreeModel.News.Failed);
                EndStart(StartState.Failed);
                break;
            case Wire.FrameType.Exited when Wire.TryRead(frame, out Wire.Exited exited):
                Follow(TreeModel.News.Exited);
                SetExited(ToStatus(exited), ReapDelay(exited));
                break;
            case Wire.FrameType.TreeEmpty:
                Follow(TreeModel.News.TreeEmpty);
                SetEmpty(fault: null);
                break;
            case Wire.FrameType.SignalFailed when Wire.TryRead(frame, out Wire.SignalFailed failed):
                Follow(TreeModel.News.SignalFailed);
                Log.SignalFailed(Logger, Id, failed.Number, failed.Error);
                break;
        }
    }

    private void OnEndOfFile(int number)
    {
        Follow(TreeModel.News.EndOfLifeline);
        EndStart(StartState.Ended);
        StopListening(number);
        if (State == StartState.Running && !IsKnownEmpty)
        {
            SetLost(); // first: of this and the guardian's death, whichever comes second sees the other
            if (_session.IsDead || IsAbandoned || _orphansKilled)
            {
                SetEmpty(IsAbandoned || _orphansKilled ? null : TreeFault.ContainmentLost);
            }
        }

        _lifeline.Close(); // it has told all that it ever will
        if (IsKnownEmpty || State == StartState.Ended)
        {
            _session.Remove(this);
        }
    }

    [Conditional("DEBUG")]
    private void Follow(TreeModel.News news)
    {
        TreeModel.State? next = TreeModel.Next(_told, news);
        Debug.Assert(next is not null, $"Tree {Id} cannot be told {news} when it is {_told}.");
        _told = next.Value;
    }

    private void EndStart(StartState state)
    {
        lock (Gate)
        {
            if (StartIsOver)
            {
                return;
            }

            _start = state;
            SetWait();
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

    // Nanoseconds, or -1 where nobody asked for the time. The stamp is the low half of the clock that a timestamp is on Linux.
    private static long ReapDelay(in Wire.Exited exited) => exited.ReapedMicroseconds == 0 ? -1
        : Math.Max(0, (int)((uint)(Stopwatch.GetTimestamp() / 1000) - exited.ReapedMicroseconds)) * 1000L;

    private sealed class Listener(SupervisedTree tree) : IReactorEntry
    {
        public int Slot { get; set; } = IReactorEntry.NotRegistered;

        public void OnReady(uint events)
        {
            if (tree.TryPin())
            {
                tree.ReadListened();
                tree.Unpin();
            }
        }
    }
}
