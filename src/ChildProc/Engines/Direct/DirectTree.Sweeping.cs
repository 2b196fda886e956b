using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <content>Who belongs to the tree, and what the sweeper's thread does with them.</content>
internal sealed partial class DirectTree
{
    private const int BlindMilliseconds = 5000; // of a kill: so long it waits for descriptors

    private Sweeping? _sweeping; // none for most, who end by themselves

    /// <summary>Nobody in the group runs, and nobody in it forks, after this.</summary>
    internal void StopGroup()
    {
        if (_child.LeadsGroup)
        {
            _ = _child.SignalGroup(Libc.SIGSTOP);
        }

        _ = _child.Signal(Libc.SIGSTOP);
    }

    /// <summary>Stops the members that are new since the last pass. False: there are none, or nobody could look.</summary>
    internal bool StopFound(List<ProcessEntry>? all)
    {
        Sweeping sweeping = State;
        sweeping.Found = all is null ? null : MembersOf(all);
        sweeping.BlindEnds = sweeping.BlindEnds == 0 ? Environment.TickCount64 + BlindMilliseconds : sweeping.BlindEnds;
        List<ProcessEntry> fresh = sweeping.Found?.FindAll(member => !sweeping.Known.Contains((member.Pid, member.Started))) ?? [];
        if (fresh.Count == 0)
        {
            return false;
        }

        Volatile.Write(ref sweeping.Known, [.. sweeping.Known, .. fresh.Select(static member => (member.Pid, member.Started))]);
        foreach (ProcessEntry member in fresh.Where(member => !IsInGroup(member)))
        {
            _foundOthers = true;
            _ = ProcessTable.Signal(member, Libc.SIGSTOP);
        }

        return true;
    }

    /// <summary>From the leaves up: the death of a parent would wake the stopped members of a group that it orphans, setpgid(2).</summary>
    internal void KillFound()
    {
        if (State.Found is null && Environment.TickCount64 < State.BlindEnds)
        {
            return; // they are stopped: their death would hide those who have left the group, whom the next look may find
        }

        List<ProcessEntry> found = State.Found ?? [];
        for (int i = found.Count - 1; i >= 0; i--)
        {
            if (!IsInGroup(found[i]))
            {
                _ = ProcessTable.Signal(found[i], Libc.SIGKILL);
            }
        }

        if (_child.LeadsGroup)
        {
            _ = _child.SignalGroup(Libc.SIGKILL);
        }

        _ = _child.Signal(Libc.SIGKILL);
    }

    /// <summary>Looks whether the tree is over. The milliseconds until the next look; -1: none is needed.</summary>
    internal int LookForEnd(Func<List<ProcessEntry>?> all)
    {
        OnEnd();
        if (_over)
        {
            return -1;
        }

        if (HasExited && (_killing ? State.Found is { Count: 0 } : IsNobodyLeft(all())))
        {
            // One who ended during the look may have forked in the midst of it: the next one finds whom.
            if (State.FoundNobody)
            {
                End();
                return -1;
            }

            State.FoundNobody = true;
            return 0;
        }

        State.FoundNobody = false;
        if (_ownerLost && !_killing && LoseOwner() is > 0 and int grace)
        {
            return grace;
        }

        int last = _killing ? LastKillLookMilliseconds : HasWaiters ? LastKillLookMilliseconds / 10 : LastLookMilliseconds;
        _wait = Math.Min(_wait * 2, last);
        return HasExited || _killing || _recoveryEnds != 0 ? _wait : -1;
    }

    // Of a chain in which each starts the next and ends, a look may find none but the dead, or nobody where these are reaped at once. But
    // then the dead are others than before, or the group is there all the same.
    private bool IsNobodyLeft(List<ProcessEntry>? all)
    {
        if (all is null)
        {
            return false;
        }

        List<ProcessEntry> members = MembersOf(all, withDead: true);
        HashSet<(int, ulong)> before = State.Dead;
        State.Dead = [.. members.Select(static member => (member.Pid, member.Started))];
        return members.TrueForAll(static member => member.IsDead) && State.Dead.IsSubsetOf(before)
            && (members.Count > 0 || !_child.LeadsGroup || !_child.IsBuried || _child.SignalGroup(0) == Libc.ESRCH); // its own zombie keeps a group
    }

    // The milliseconds that are left of the grace; 0 when the kill is next.
    private int LoseOwner()
    {
        StopPolicy policy = _info.OnOwnerLost!;
        long now = Environment.TickCount64;
        if (State.GraceEnds == 0)
        {
            State.GraceEnds = Deadline.After(policy.Grace);
            Send(policy.Signal, policy.Scope);
            Send(ChildSignal.Continue, policy.Scope);
        }

        if (now < State.GraceEnds && !(HasExited && policy.Scope == SignalScope.Child))
        {
            return (int)Math.Min(State.GraceEnds - now, LastLookMilliseconds / 10);
        }

        _killing = true;
        _wait = 0;
        return 0;
    }

    // ---- Members ----

    // Looked up after the processes were listed: while the group is there its number cannot have gone to another.
    private List<ProcessEntry> MembersOf(List<ProcessEntry> all, bool withDead = false)
    {
        bool exited = HasExited;
        HashSet<(int, ulong)>? known = _sweeping is { } sweeping ? Volatile.Read(ref sweeping.Known) : null;
        bool hasGroup = _child.LeadsGroup && _child.SignalGroup(0) != Libc.ESRCH;
        bool hasSession = _hold == Hold.Session && !(exited && _child.IsBuried && all.Exists(entry => entry.Pid == Id)); // else the number is another's
        return TreeMembers.Of(all, entry =>
            (entry.Pid == Id && !exited) || (hasGroup && entry.Group == Id) || (hasSession && entry.Session == Id) || known?.Contains((entry.Pid, entry.Started)) == true,
            withDead);
    }

    private bool IsInGroup(in ProcessEntry member) => member.Pid == Id || (_child.LeadsGroup && member.Group == Id);

    private int SignalMembers(int signal)
    {
        if (ProcessTable.TryList() is not { } all)
        {
            _ = _child.LeadsGroup ? _child.SignalGroup(signal) : _child.Signal(signal);
            return Libc.EMFILE; // who has left the group was not reached
        }

        int result = Libc.ESRCH;
        List<ProcessEntry> members = MembersOf(all);
        for (int i = members.Count - 1; i >= 0; i--)
        {
            int error = members[i].Pid == Id ? _child.Signal(signal) : ProcessTable.Signal(members[i], signal);
            result = error == Libc.ESRCH ? result : error == 0 && result == Libc.ESRCH ? 0 : error != 0 ? error : result;
        }

        return members.Count == 0 && !HasExited ? _child.Signal(signal) : result; // where /proc tells nothing
    }

    // The sweeper's thread's alone.
    private Sweeping State => _sweeping ??= new Sweeping();

    /// <summary>What the sweeper knows of a tree: its thread's alone, but for the known ones.</summary>
    private sealed class Sweeping
    {
        internal HashSet<(int Pid, ulong Started)> Dead = []; // of the last look for the end
        internal HashSet<(int Pid, ulong Started)> Known = []; // stopped in order to be killed: members wherever they go. Never changed, but replaced: others read it, too
        internal List<ProcessEntry>? Found; // by the last pass; null before the first, and when it could not look
        internal bool FoundNobody; // by the last look
        internal long GraceEnds, BlindEnds;
    }
}
