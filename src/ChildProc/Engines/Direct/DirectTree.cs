using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Engines.Supervised;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Direct;

/// <summary>A child of the host's own and what can be found of its descendants.</summary>
/// <remarks>
/// Running → exited → over. The reactor tells the exit. That nobody is left no event tells: when the group of a child that has
/// exited is not plainly gone, and during a kill, the <see cref="TreeSweeper"/> looks again and again, at first every few
/// milliseconds, in the end once a second. Until the end the number of the group is the tree's own, so the watchdog cannot
/// hit a stranger. The lock of <see cref="_child"/> makes exit and end happen once, whoever sees them first.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed partial class DirectTree : ProcessTree
{
    private const int FirstLookMilliseconds = 2, LastKillLookMilliseconds = 200, LastLookMilliseconds = 1000;

    // For whoever is to reap it: init does at once.
    private static readonly TimeSpan s_recoveryPatience = TimeSpan.FromSeconds(2);

    private readonly DirectEngine _engine;
    private readonly OwnChild _child;
    private readonly ChildProcessStartInfo _info;
    private readonly Hold _hold;
    private int _wait = FirstLookMilliseconds;
    private long _recoveryEnds;
    private volatile bool _killing, _ownerLost, _foundOthers, _over;
    private bool _watched;

    internal DirectTree(DirectEngine engine, int pid, Descriptor pidFd, Hold hold, ChildProcessStartInfo info, ILogger logger)
        : base(logger)
    {
        _engine = engine;
        _info = info;
        _hold = hold;
        _child = new OwnChild(pid, pidFd, hold is Hold.Group or Hold.Session, this);
        OutlivesOwner = hold == Hold.Child;
        SetStarted(pid);
    }

    internal override Containment Containment => _hold == Hold.Child ? Containment.None : Containment.ProcessGroup;

    /// <summary>The kill is under way.</summary>
    internal bool IsKilling => _killing;

    /// <summary>What the watchdog is to kill: the group, or the child alone.</summary>
    private int Target => _child.LeadsGroup ? -Id : Id;

    // ---- Start ----

    /// <summary>Binds the tree to the life of the host. 0 or errno.</summary>
    internal int Guard() => _hold == Hold.Child ? 0 : Watchdog.Add(Target, _info.OnOwnerLost, Logger);

    /// <summary>From now on the exit is told. 0 or errno.</summary>
    internal int Watch()
    {
        if (_watched)
        {
            return 0;
        }

        int error = _child.Watch();
        _watched = error == 0;
        return error;
    }

    /// <summary>Blocks, for a bounded time, until the child has ended, whether the reactor listens or not.</summary>
    internal void AwaitEnd()
    {
        _child.AwaitEnd(KillTimeout);
        OnEnd();
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
            SignalScope.Tree when _hold != Hold.Child => SignalMembers(signal.Number),
            SignalScope.ProcessGroup when _child.LeadsGroup => _child.SignalGroup(signal.Number),
            _ => _child.Signal(signal.Number),
        };
        if (error is not (0 or Libc.ESRCH))
        {
            Log.SignalFailed(Logger, Id, (uint)signal.Number, error);
        }

        return error != Libc.ESRCH;
    }

    protected override void SendKill()
    {
        if (_hold == Hold.Child)
        {
            _ = _child.Signal(Libc.SIGKILL);
        }
        else if (!_over)
        {
            _killing = true;
            TreeSweeper.Plan(this, 0);
        }
    }

    internal override void Release() => Leave();

    /// <summary>As the watchdog would do it, had the host ended.</summary>
    internal override void Abandon()
    {
        if (_info.Leftovers == Leftovers.Release && HasExited)
        {
            Leave();
        }
        else if (_info.OnOwnerLost is { Grace: var grace } && grace > TimeSpan.Zero)
        {
            _ownerLost = true;
            TreeSweeper.Plan(this, 0);
        }
        else
        {
            SendKill();
        }
    }

    internal override List<int> Members()
        => _over || ProcessTable.TryList() is not { } all ? [] : MembersOf(all).ConvertAll(static member => member.Pid);

    internal override void AddDescriptors(List<int> descriptors)
    {
        base.AddDescriptors(descriptors);
        if (_child.Number is { } number)
        {
            descriptors.Add(number);
        }
    }

    internal override void Close()
    {
        if (_hold == Hold.Child)
        {
            Leave();
        }

        ClosePipes();
        SetClosed(_over ? null : TreeFault.NotEmpty); // the sweeper goes on killing
    }

    // ---- The end ----

    /// <summary>There may be news of the child's end: on the reactor, or the sweeper's thread.</summary>
    internal void OnEnd()
    {
        lock (_child)
        {
            if (_over || HasExited)
            {
                PlainEnd();
                return;
            }

            int error;
            ExitStatus status;
            try
            {
                error = _child.TryEnd(out status);
            }
            catch (ObjectDisposedException)
            {
                return; // it was left
            }

            if (error == Libc.EAGAIN)
            {
                _child.WatchAgain();
                if (_child.HasEnded)
                {
                    _recoveryEnds = long.MaxValue; // a zombie that a debugger holds: nothing tells when it lets go
                    TreeSweeper.Plan(this, _wait);
                }

                return;
            }

            if (error == Libc.ECHILD && !PatienceIsOver())
            {
                _child.WatchAgain();
                TreeSweeper.Plan(this, _wait);
                return;
            }

            if (_info.Leftovers == Leftovers.Release)
            {
                // As for a supervisor: what outlives the child outlives the host, too, from the moment that the exit is known.
                Watchdog.Forget(Target);
            }

            SetExited(status, _child.IsBuried ? 0 : -1);
            if (!PlainEnd())
            {
                _wait = FirstLookMilliseconds;
                TreeSweeper.Plan(this, _wait);
            }
        }
    }

    private bool PatienceIsOver()
    {
        long now = Environment.TickCount64;
        if (_recoveryEnds == 0)
        {
            _recoveryEnds = now + (long)s_recoveryPatience.TotalMilliseconds;
        }

        return now >= _recoveryEnds;
    }

    // Without a look at all processes: true when nobody can be left.
    private bool PlainEnd()
    {
        if (_over)
        {
            return true;
        }

        bool gone = !_foundOthers && _hold switch
        {
            Hold.Group => _child.SignalGroup(0) == Libc.ESRCH,
            Hold.Session => false,
            _ => !_killing, // else the sweeper says so
        };
        if (gone)
        {
            End();
        }

        return gone;
    }

    private void End()
    {
        lock (_child)
        {
            Leave();
            SetEmpty(fault: null);
        }
    }

    // Holds it no longer, dead or alive.
    private void Leave()
    {
        lock (_child)
        {
            if (_over)
            {
                return;
            }

            _over = true;
            if (_hold != Hold.Child)
            {
                Watchdog.Forget(Target); // before the number is free
            }
            else if (!HasExited && HostAdoption.IsOurs && PidFd.Open(Id) is { } pidFd)
            {
                ZombieWatch.WatchOne(pidFd); // to be buried in the end
            }

            bool kept = HasExited && !_child.IsBuried;
            _child.Bury();
            if (kept)
            {
                TellBurial();
            }

            _engine.Remove(this);
        }
    }
}
