using System.Diagnostics;
using ChildProc.Diagnostics;
using ChildProc.Pipes;
using ChildProc.Pumps;
using ChildProc.Telemetry;
using ChildProc.Terminals;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines;

/// <summary>One tree as its engine holds it: the facts about it, and what can be asked of it.</summary>
/// <remarks>
/// The facts only ever move forward: started, exited (or lost), empty. <see cref="_gate"/> guards them; the task sources
/// are completed outside of it and run their continuations on the thread pool, so no caller's code runs on the reactor.
/// </remarks>
internal abstract partial class ProcessTree(ILogger logger)
{
    private readonly object _gate = new(); // a Monitor: WaitForExit blocks on it
    private TaskCompletionSource<ExitStatus>? _exitSource;
    private TaskCompletionSource? _emptySource;
    private CancellationTokenRegistration _registration;
    private bool _isReadHere;
    private ReusableWait? _wait; // of whoever starts the child, and then of the first who waits for its exit
    private ExitStatus _exit;
    private TreeFault? _emptyFault; // why nobody can tell that the tree is empty
    private bool _hasExited, _isEmpty, _isLost, _canceled;

    internal int Id { get; private set; }

    /// <summary>What was started.</summary>
    internal ChildProcessStartInfo Info { get; private set; } = null!;

    /// <summary>Governs the life of the child.</summary>
    internal CancellationToken Lifetime { get; private set; }

    internal DateTimeOffset StartTime { get; private set; }

    internal ChildPipes Pipes { get; set; }

    /// <summary>The streams that the library serves itself, or null.</summary>
    internal ChildPumps? Pumps { get; set; }

    internal TimeSpan DrainTimeout { get; set; }

    /// <summary>The terminal that the child inherited, or null.</summary>
    internal TerminalModes? Terminal { get; set; }

    /// <summary>What cancellation of the lifetime does.</summary>
    internal StopPolicy StopPolicy { get; set; } = StopPolicy.Default;

    /// <summary>The tree is the owner's to the end: nothing of it may outlive a normal end of the host.</summary>
    internal bool DiesWithHost { get; set; } = true;

    /// <summary>It is detached: nothing but an explicit request ends it.</summary>
    internal bool OutlivesOwner { get; init; }

    internal abstract Containment Containment { get; }

    /// <summary>The owner may have streams of it to read or write.</summary>
    internal bool HasStreams => Pumps is not null || Pipes != default;

    internal bool HasExited
    {
        get
        {
            if (!Volatile.Read(ref _hasExited))
            {
                Look();
            }

            return Volatile.Read(ref _hasExited);
        }
    }

    internal bool IsEmpty
    {
        get
        {
            if (!Volatile.Read(ref _isEmpty))
            {
                Look();
            }

            return Volatile.Read(ref _isEmpty);
        }
    }

    /// <summary>The containment was lost: the supervisor died before the tree was empty.</summary>
    internal bool IsLost => Volatile.Read(ref _isLost);

    internal bool IsAbandoned { get; private set; }

    /// <summary>The lifetime token was cancelled before the child had exited.</summary>
    internal bool WasCanceled => Volatile.Read(ref _canceled);

    internal ExitStatus? Exit
    {
        get
        {
            bool hasExited = HasExited;
            lock (_gate)
            {
                return hasExited ? _exit : null;
            }
        }
    }

    protected ILogger Logger { get; } = logger;

    /// <summary>Somebody waits for the tree to be empty.</summary>
    protected bool HasWaiters => Volatile.Read(ref _emptySource) is not null;

    // ---- What an engine does ----

    /// <summary>False when the target is gone already.</summary>
    protected abstract bool Send(ChildSignal signal, SignalScope scope);

    /// <summary>True as soon as a signal can be sent without waiting for whoever is to pass it on; false, and told, when the time is over.</summary>
    protected virtual ValueTask<bool> WhenCanSend(ChildSignal signal, TimeSpan patience) => new(true);

    /// <summary>Kills the whole tree; does not wait.</summary>
    protected abstract void SendKill();

    /// <summary>Hands what is left of the tree over to itself.</summary>
    internal abstract void Release();

    /// <summary>Gives the tree up, as the death of the host would.</summary>
    internal abstract void Abandon();

    /// <summary>The pids of the tree, the child among them, parents first. Empty when it is gone.</summary>
    internal abstract List<int> Members();

    /// <summary>Frees what the host holds of it.</summary>
    internal abstract void Close();

    // ---- Where an engine's news come from: its reactor, if nothing else is said ----

    /// <summary>Takes what news there are, where nobody else does.</summary>
    protected virtual void Look()
    {
    }

    /// <summary>
    /// Somebody will be told of the news by a task: from now on they are listened for. Why they cannot be, or null. Under the gate.
    /// </summary>
    protected virtual IOException? Listen() => null;

    /// <summary>Whether a thread that waits may take the news itself, and nobody listens. Under the gate.</summary>
    protected virtual bool CanReadHere => false;

    /// <summary>Blocks until there are news, and takes them; returns at the deadline at the latest.</summary>
    protected virtual void ReadHere(long deadlineTicks)
    {
    }

    /// <summary>Guards the facts, and who takes the news.</summary>
    protected object Gate => _gate;

    /// <summary>A thread that waits takes the news itself. Under the gate.</summary>
    protected bool IsReadHere => _isReadHere;

    /// <summary>
    /// True: this thread, and no other, takes the news until <see cref="StopReadingHere"/>. Whoever took them from a thread that
    /// waits for them would leave it waiting.
    /// </summary>
    protected bool TryReadHere()
    {
        lock (_gate)
        {
            if (_isReadHere || !CanReadHere)
            {
                return false;
            }

            _isReadHere = true;
            return true;
        }
    }

    /// <summary><see cref="IsEmpty"/> without a look at what is new.</summary>
    protected bool IsKnownEmpty => Volatile.Read(ref _isEmpty);

    /// <summary>Somebody waits for the tree to be empty. Runs under a lock: short, and no caller's code.</summary>
    protected virtual void OnEmptyAwaited()
    {
    }

    // ---- Whose it is ----

    /// <summary>
    /// It runs, and is its owner's from here on. The token, which may live long, holds the tree and never the owner, who can be
    /// forgotten and collected.
    /// </summary>
    internal void HandOver(ChildProcessStartInfo info, StartOrigin? origin, ChildTelemetry? telemetry, CancellationToken lifetime)
    {
        Info = info;
        Lifetime = lifetime;
        Enter(origin, telemetry);
        if (telemetry is not null)
        {
            ListenForTelemetry();
        }

        _registration = lifetime.UnsafeRegister(static tree => ((ProcessTree)tree!).CancelByLifetime(), this);
    }

    /// <summary>The owner is done with it.</summary>
    /// <param name="servesAgain">It may become another child's; else the owner may go on looking at it.</param>
    internal void TakeBack(bool servesAgain)
    {
        _registration.Dispose(); // waits for a cancellation that is under way, which only begins a stop
        Close();
        TellEnd();
        Leave(disposed: true);
        if (servesAgain)
        {
            Unpin();
        }
    }

    /// <summary>The caller forgot the child: its tree goes, as it would with the host.</summary>
    internal void AbandonForgotten()
    {
        _registration.Unregister(); // a long-lived token would hold the tree for ever
        Leave(disposed: false);
        NoteStop(StopReason.Forgotten);
        if (!IsEmpty && !OutlivesOwner)
        {
            Log.Forgotten(Logger, Id);
            IsAbandoned = true;
            Abandon(); // the reactor closes the lifeline at its end
            ClosePipes();
        }
        else
        {
            Close();
        }
    }

    /// <summary>"pid state command" of every member, the dead apart; on Windows, where processes have no state, "pid program".</summary>
    internal string[] DescribeMembers()
    {
        List<string> all = [];
        foreach (int pid in Members())
        {
            if (Describe(pid) is { } text)
            {
                all.Add(text);
            }
        }

        return [.. all];
    }

    /// <summary>Nothing of it went beyond the owner's own thread: no task, no stream, no log.</summary>
    protected bool IsPristine => _exitSource is null && _emptySource is null && _stop is null && !_canceled && !_isLost && !IsAbandoned
        && _hasExited && _isEmpty && _emptyFault is null && !HasStreams && Terminal is null;

    /// <summary>As new, for the next child.</summary>
    protected void Reset()
    {
        Debug.Assert(_hasExited && _isEmpty && !_isLost && !IsAbandoned, "Only a tree that ended well serves again.");
        (Id, StartTime, Info, Lifetime, _registration) = (0, default, null!, default, default);
        (_exit, _hasExited, _isEmpty) = (default, false, false);
        (_origin, _hadOwner, _telemetry) = (null, false, null);
    }

    /// <summary>"pid state command" of a process, or null when it is dead.</summary>
    protected virtual string? Describe(int pid)
        => OperatingSystem.IsLinux() && Interop.ProcFs.Describe(pid) is { } text
            && !text.Contains(" Z ", StringComparison.Ordinal) && !text.Contains(" X ", StringComparison.Ordinal) ? text : null;

    // ---- Facts ----

    protected void SetStarted(int pid)
    {
        Id = pid;
        StartTime = DateTimeOffset.UtcNow;
    }

    /// <param name="status">How it ended.</param>
    /// <param name="reapDelayNs">How long it had been dead, in nanoseconds; below 0 when that is not known, or its zombie is kept.</param>
    protected void SetExited(ExitStatus status, long reapDelayNs = -1) => SetExited(status, reapDelayNs, seen: true, lost: false);

    private void SetExited(ExitStatus status, long reapDelayNs, bool seen, bool lost)
    {
        if (Terminal is { } terminal && OperatingSystem.IsLinux() && !Volatile.Read(ref _hasExited))
        {
            terminal.Restore(Id, died: status.Code is null); // before anybody hears of the exit
        }

        TaskCompletionSource<ExitStatus>? source;
        ChildTelemetry? telemetry;
        bool counts;
        lock (_gate)
        {
            if (lost)
            {
                Volatile.Write(ref _isLost, true);
            }

            if (_hasExited)
            {
                return;
            }

            _exit = status;
            counts = _hadOwner; // else it is counted, and told, when it gets its owner
            telemetry = NoteEnd(seen ? status : null, reapDelayNs);
            Volatile.Write(ref _hasExited, true);
            source = _exitSource;
            SetWait();
            Monitor.PulseAll(_gate);
        }

        if (counts)
        {
            Ledger.CountExit();
        }

        source?.TrySetResult(status); // nothing that may fail stands between the fact and its news
        if (counts)
        {
            telemetry?.Announce();
        }

        if (HasStreams)
        {
            Pipes.BeginDrain(DrainTimeout, LogCut);
            Pumps?.OnExited(Pipes.Input, DrainTimeout);
        }
    }

    /// <summary>Its containment is lost, and with it the exit that was not told: nobody sees the one without the other.</summary>
    protected void SetLost()
    {
        SetExited(ExitStatus.Unknown, reapDelayNs: -1, seen: true, lost: true);
        if (!IsAbandoned)
        {
            Log.ContainmentLost(Logger, Id);
            LeakTelemetry.ContainmentLost(Id);
        }
    }

    /// <param name="fault">Why nobody can tell whether it really is; null when it is.</param>
    protected void SetEmpty(TreeFault? fault) => SetEmpty(fault, seen: true);

    private void SetEmpty(TreeFault? fault, bool seen)
    {
        if (Terminal is { } terminal && OperatingSystem.IsLinux() && !Volatile.Read(ref _isEmpty))
        {
            terminal.Restore(Id, died: false); // what a job of the child's prevented
        }

        TaskCompletionSource? source;
        bool tells;
        lock (_gate)
        {
            if (_isEmpty)
            {
                return;
            }

            Debug.Assert(_hasExited, "A tree is empty when its child has exited, and not before.");
            _emptyFault = fault;
            Volatile.Write(ref _isEmpty, true);
            source = _emptySource;
            tells = _hadOwner && seen && fault is null;
            Monitor.PulseAll(_gate);
        }

        if (source is not null)
        {
            CompleteEmpty(source);
        }

        if (tells)
        {
            ChildProcEventSource.Log.TreeEmpty(Id);
        }
    }

    /// <summary>Nothing more will be heard of the tree: whoever still waits for it gets an answer.</summary>
    protected void SetClosed(TreeFault? fault)
    {
        SetExited(ExitStatus.Unknown, reapDelayNs: -1, seen: false, lost: false);
        SetEmpty(fault, seen: false);
    }

    protected void ClosePipes()
    {
        Pumps?.Stop();
        Pipes.Close();
    }

    private void LogCut(PipeEnd pipe)
    {
        string link = pipe.Link;
        IEnumerable<string?> holders = OperatingSystem.IsLinux() && link.Length > 0
            ? Interop.ProcFs.HoldersOf(link, Members()).Select(Interop.ProcFs.Describe)
            : [];
        Log.OutputCut(Logger, Id, DrainTimeout.TotalSeconds, string.Join("; ", holders));
    }

    private void CompleteEmpty(TaskCompletionSource source)
    {
        if (_emptyFault is { } fault)
        {
            source.TrySetException(new ChildProcessTreeException(fault));
        }
        else
        {
            source.TrySetResult();
        }
    }
}
