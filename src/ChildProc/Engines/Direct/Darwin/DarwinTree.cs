using System.Globalization;
using System.Text;
using ChildProc.Diagnostics;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>A child of the host's own on macOS, and what can be found of its descendants.</summary>
/// <remarks>
/// Running → ended (NOTE_EXIT) → a zombie → reaped; the exit is told as soon as it is a zombie. A zombie whose group has others
/// is kept until they are gone or free to live on, so that the number of the group is the tree's own for as long as anybody signals
/// it. <see cref="_gate"/> keeps signals by number and the reaping apart; <see cref="_ending"/> makes exit and end happen once.
/// That nobody is left no event tells: the <see cref="DarwinSweeper"/> looks. A child that has never forked (NOTE_FORK, asked for
/// before it runs) has left nobody behind, and needs no look.
/// </remarks>
internal sealed class DarwinTree : ProcessTree, IDarwinEntry
{
    private const int FirstLookMilliseconds = 2, LastKillLookMilliseconds = 200, LastLookMilliseconds = 1000, ForkLookMilliseconds = 50;
    private static readonly int[] s_zombiePauses = [50, 100, 200]; // microseconds

    private readonly DarwinEngine _engine;
    private readonly ChildProcessStartInfo _info;
    private readonly DarwinHold _hold;
    private readonly Lock _gate = new();
    private readonly Lock _ending = new();
    private readonly DarwinLineage _lineage = new(); // under its own lock
    private readonly HashSet<ulong> _stopped = []; // the sweeper's alone, as those that follow
    private bool _foundNobody;
    private List<DarwinProcess> _found = [];
    private int _wait = FirstLookMilliseconds;
    private int? _status; // of NOTE_EXITSTATUS
    private long _looked;
    private volatile bool _ended, _dead, _forked, _killing, _reaped, _over; // ended: told so; dead: found so

    internal DarwinTree(DarwinEngine engine, int pid, DarwinHold hold, ChildProcessStartInfo info, ILogger logger)
        : base(logger)
    {
        _engine = engine;
        _info = info;
        _hold = hold;
        OutlivesOwner = hold == DarwinHold.Child;
        SetStarted(pid);
        if (System.Identify(pid, out DarwinAbi.UniqueIdentifier identifier) == 0)
        {
            _lineage.Add(identifier.Process);
        }
    }

    public int Slot { get; set; } = IDarwinEntry.NotRegistered;

    internal override Containment Containment => _hold == DarwinHold.Child ? Containment.None : Containment.ProcessGroup;

    /// <summary>The kill is under way.</summary>
    internal bool IsKilling => _killing;

    private IDarwinSystem System => _engine.Platform.System;

    private bool LeadsGroup => _hold is DarwinHold.Group or DarwinHold.Session;

    /// <summary>What the watchdog is to kill: the group, or the child alone.</summary>
    private int Target => LeadsGroup ? -Id : Id;

    // ---- Start ----

    /// <summary>From now on the exit is told, and that it forks. 0 or errno.</summary>
    internal int Watch()
    {
        const uint Wanted = DarwinAbi.NOTE_EXIT | DarwinAbi.NOTE_EXITSTATUS | DarwinAbi.NOTE_FORK;
        int error = _engine.Platform.Reactor.Arm(this, Id, DarwinAbi.EVFILT_PROC, 0, Wanted);
        if (error != DarwinAbi.ESRCH)
        {
            return error;
        }

        _ended = true; // killed by somebody before it ran, or a detached one that was quick
        OnEnd();
        return 0;
    }

    /// <summary>Binds the tree to the life of the host, before the child runs. 0 or errno.</summary>
    internal int Guard()
    {
        lock (_ending)
        {
            if (OutlivesOwner || _dead || _engine.Platform.Watchdog.TryAdd(Target, Logger))
            {
                return 0;
            }
        }

        return _engine.Platform.Watchdog.Complete(Target); // not under the lock, which the reactor takes
    }

    /// <summary>The child was spawned suspended, and may run.</summary>
    internal void Resume() => _ = SignalChild(DarwinAbi.SIGCONT);

    /// <summary>The start has failed after the spawn.</summary>
    internal void Discard()
    {
        _ended = true; // whether an event tells it or not: the sweeper sees to it
        try
        {
            SendKill();
            _engine.Platform.Sweeper.Plan(this, 0);
            KillAndWait();
        }
        catch (ChildProcessTreeException)
        {
            // logged where it arose; the sweeper goes on
        }

        Close();
    }

    // ---- What is asked of it ----

    protected override bool Send(ChildSignal signal, SignalScope scope)
    {
        if (scope == SignalScope.Tree ? IsEmpty : HasExited)
        {
            return false;
        }

        int error = scope switch
        {
            SignalScope.Tree when _hold != DarwinHold.Child => SignalMembers(signal.Number),
            SignalScope.ProcessGroup when LeadsGroup => SignalGroup(signal.Number),
            _ => SignalChild(signal.Number),
        };
        if (error == DarwinAbi.EPERM && scope == SignalScope.ProcessGroup && System.Peek(Id) != 0)
        {
            error = DarwinAbi.ESRCH; // none but zombies, the child among them (trap 81)
        }

        if (error is not (0 or DarwinAbi.ESRCH))
        {
            Log.SignalFailed(Logger, Id, (uint)signal.Number, error);
        }

        return error != DarwinAbi.ESRCH;
    }

    protected override void SendKill()
    {
        if (_hold == DarwinHold.Child)
        {
            _ = SignalChild(DarwinAbi.SIGKILL);
        }
        else if (!_over)
        {
            _killing = true;
            _engine.Platform.Sweeper.Plan(this, 0);
        }
    }

    internal override void Release() => Leave();

    internal override void Abandon()
    {
        if (_info.Leftovers == Leftovers.Release && HasExited)
        {
            Leave();
        }
        else
        {
            SendKill();
        }
    }

    internal override List<int> Members() => _over ? [] : FindMembers(DarwinSnapshot.Take(System)).ConvertAll(static member => member.Pid);

    internal override void Close()
    {
        if (OutlivesOwner)
        {
            _engine.Remove(this); // it lives on; the reactor holds this until it has ended and is reaped
        }

        ClosePipes();
        SetClosed(_over || OutlivesOwner ? null : TreeFault.NotEmpty); // the sweeper goes on killing
    }

    protected override unsafe string? Describe(int pid)
    {
        if (System.Describe(pid, out DarwinAbi.ShortInfo info) != 0 || info.Status == DarwinAbi.SZOMB)
        {
            return null;
        }

        string command = Encoding.UTF8.GetString(new ReadOnlySpan<byte>(info.Command, 16)).TrimEnd('\0');
        char state = info.Status switch { DarwinAbi.SIDL => 'I', DarwinAbi.SRUN => 'R', DarwinAbi.SSLEEP => 'S', DarwinAbi.SSTOP => 'T', _ => '?' };
        return string.Create(CultureInfo.InvariantCulture, $"{pid} {state} {command}");
    }

    // ---- Events, on the reactor ----

    public void OnEvent(in DarwinAbi.Kevent64 change)
    {
        if ((change.FilterFlags & DarwinAbi.NOTE_FORK) != 0)
        {
            _forked = true;
        }

        if ((change.FilterFlags & DarwinAbi.NOTE_EXIT) != 0)
        {
            if ((change.FilterFlags & DarwinAbi.NOTE_EXITSTATUS) != 0)
            {
                _status = (int)(change.Data & DarwinAbi.NOTE_PDATAMASK);
            }

            _ended = true;
            OnEnd();
        }
        else if (_forked && _hold != DarwinHold.Child)
        {
            // Not too often: a shell forks all the time. What is seen of the new ones is what a kill can find later.
            long next = Volatile.Read(ref _looked) + ForkLookMilliseconds - Environment.TickCount64;
            _engine.Platform.Sweeper.Plan(this, (int)Math.Clamp(next, 0, ForkLookMilliseconds));
        }
    }

    // ---- The sweeper ----

    /// <summary>Nobody in the group runs after this.</summary>
    internal void StopGroup() => _ = LeadsGroup ? SignalGroup(DarwinAbi.SIGSTOP) : SignalChild(DarwinAbi.SIGSTOP);

    /// <summary>Stops the members that are new since the last pass. False: there are none.</summary>
    internal bool StopFound(List<DarwinProcess> all)
    {
        _found = FindMembers(all);
        bool fresh = false;
        foreach (DarwinProcess member in _found)
        {
            if (_stopped.Add(member.Id))
            {
                fresh = true;
                _ = DarwinSnapshot.Signal(System, member, DarwinAbi.SIGSTOP);
            }
        }

        return fresh;
    }

    /// <summary>From the leaves up: the death of a parent would wake the stopped members of a group that it orphans, setpgid(2).</summary>
    internal void KillFound()
    {
        for (int i = _found.Count - 1; i >= 0; i--)
        {
            _ = DarwinSnapshot.Signal(System, _found[i], DarwinAbi.SIGKILL);
        }

        _ = LeadsGroup ? SignalGroup(DarwinAbi.SIGKILL) : SignalChild(DarwinAbi.SIGKILL); // who was forked meanwhile
    }

    /// <summary>The milliseconds until the next look, or -1: none is needed.</summary>
    internal int Inspect(Func<List<DarwinProcess>> all)
    {
        Volatile.Write(ref _looked, Environment.TickCount64);
        if (_ended && !_dead)
        {
            for (int i = 0; !TryEnd() && i < s_zombiePauses.Length; i++)
            {
                System.Pause(s_zombiePauses[i]);
            }
        }

        if (_over)
        {
            return -1;
        }

        // Where processes may not be listed, in a sandbox for example, the group still tells. Zombies are not counted.
        bool anybody = _hold != DarwinHold.Child && (FindMembers(all()).Count > 0 || (LeadsGroup && SignalGroup(0) == 0));
        if (_dead && !anybody)
        {
            // One who ended during the look may have forked in the midst of it: the next one finds whom.
            if (_foundNobody)
            {
                End();
                return -1;
            }

            _foundNobody = true;
            return 0;
        }

        _foundNobody = false;

        if (!_ended && !_killing)
        {
            return -1; // it forked; the next fork is told
        }

        int wait = _wait;
        _wait = Math.Min(wait * 2, _killing || !_dead ? LastKillLookMilliseconds : LastLookMilliseconds);
        return wait;
    }

    // ---- Members ----

    private List<DarwinProcess> FindMembers(List<DarwinProcess> all)
    {
        // After the processes were listed: as long as the leader is not reaped, the number is the tree's.
        int[] group = LeadsGroup && !_reaped ? DarwinSnapshot.Group(System, Id) : [];
        lock (_lineage)
        {
            return _lineage.Find(all, _reaped ? [] : group);
        }
    }

    private int SignalMembers(int signal)
    {
        int result = DarwinAbi.ESRCH;
        List<DarwinProcess> members = FindMembers(DarwinSnapshot.Take(System));
        for (int i = members.Count - 1; i >= 0; i--)
        {
            int error = DarwinSnapshot.Signal(System, members[i], signal);
            result = error == DarwinAbi.ESRCH ? result : error;
        }

        return members.Count == 0 ? SignalChild(signal) : result;
    }

    private int SignalChild(int signal)
    {
        lock (_gate)
        {
            return _reaped ? DarwinAbi.ESRCH : System.Kill(Id, signal);
        }
    }

    private int SignalGroup(int signal)
    {
        lock (_gate)
        {
            return _reaped ? DarwinAbi.ESRCH : System.KillGroup(Id, signal);
        }
    }

    // ---- The end ----

    private void OnEnd()
    {
        if (!TryEnd())
        {
            _engine.Platform.Sweeper.Plan(this, 0); // the news came before the zombie (trap 77)
        }
    }

    // False: it is no zombie yet.
    private bool TryEnd()
    {
        lock (_ending)
        {
            if (_dead)
            {
                return true;
            }

            int zombie = System.Peek(Id);
            if (zombie == 0)
            {
                return false;
            }

            // Of a stranger's wait for any child, the kernel's own word on the exit is left; without that, nobody knows.
            ExitStatus status = _status is { } told ? DarwinAbi.ToExitStatus(told, default) : ExitStatus.Unknown;
            if (zombie < 0)
            {
                Forget();
                _reaped = true;
            }
            else if (!(_status is not null && LeadsGroup && _forked && SignalGroup(0) == 0))
            {
                status = Reap() ?? status;
            }

            _dead = true;
            if (_info.Leftovers == Leftovers.Release)
            {
                Forget(); // what outlives the child outlives the host, too, from the moment that the exit is known
            }

            SetExited(status, _reaped ? 0 : -1);
            if (_forked && _hold != DarwinHold.Child)
            {
                _wait = FirstLookMilliseconds;
                _engine.Platform.Sweeper.Plan(this, _wait);
            }
            else
            {
                End(); // it never had a child
            }

            return true;
        }
    }

    // Forgotten by the watchdog before the number is free. Null: somebody else has reaped it.
    private ExitStatus? Reap()
    {
        Forget();
        lock (_gate)
        {
            _reaped = true;
            return System.Wait(Id, out int status, out DarwinAbi.Usage usage) == Id ? DarwinAbi.ToExitStatus(status, usage) : null;
        }
    }

    private void Forget()
    {
        if (!OutlivesOwner)
        {
            _engine.Platform.Watchdog.Forget(Target);
        }
    }

    private void End()
    {
        lock (_ending)
        {
            Leave();
            SetEmpty(fault: null);
        }
    }

    // Holds it no longer, dead or alive. A child that lives stays with the reactor, which sees to its burial.
    private void Leave()
    {
        lock (_ending)
        {
            if (_over || !_dead)
            {
                return;
            }

            _over = true;
            if (!_reaped)
            {
                _ = Reap();
                TellBurial();
            }

            _engine.Platform.Reactor.Remove(this, Id, DarwinAbi.EVFILT_PROC);
            _engine.Remove(this);
        }
    }
}
