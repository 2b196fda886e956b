using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>
/// Follows the facts of one source in their order and keeps the state of every task and descriptor table, as the kernel
/// would. Facts of a thread whose birth has not been told yet wait until it is: after vfork a child's whole life up to its
/// exec stands before its parent's line.
/// </summary>
internal sealed partial class Tracker(FactSource source, AuditOptions options)
{
    private const int MostWaiting = 500_000;

    private readonly Dictionary<int, TaskState> _tasks = [];
    private readonly Dictionary<int, List<Fact>> _unborn = [];
    private readonly Dictionary<int, Fact> _earlyReaps = [];
    private readonly Dictionary<int, ProcessLife> _living = [];
    private readonly Dictionary<int, ProcessLife> _reaped = [];
    private int _rootExecs;
    private int _waiting;
    private bool _lostWaiting;

    internal History History { get; } = new(source);

    /// <summary>The process that the run is about; 0: the first one.</summary>
    internal int RootPid { get; init; }

    /// <summary>
    /// The exec of the root that makes it the program itself. Before that it is the tracer's launcher, whose children are
    /// helpers.
    /// </summary>
    internal int RootExecs { get; init; }

    /// <summary>The root was started with SIGCHLD ignored.</summary>
    internal bool ChildSignalIgnored { get; init; }

    private sealed class TaskState(ProcessLife process, FdTable table, bool isThread)
    {
        internal ProcessLife Process { get; } = process;

        internal FdTable Table { get; set; } = table;

        internal bool IsThread { get; } = isThread;
    }

    internal void Add(Fact fact)
    {
        if (fact.Time - options.Until is > 0)
            return;
        History.Facts++;
        History.First = Math.Min(History.First, fact.Time);
        History.Last = Math.Max(History.Last, fact.Time);
        if (fact.Kind == FactKind.Gap)
        {
            History.Miss(fact.Text ?? "unknown", fact.Reference);
            return;
        }

        if (fact.Has(FactFlags.Thread) && !_tasks.ContainsKey(fact.Tid) && _tasks.TryGetValue(fact.Other, out TaskState? process))
            Adopt(fact.Tid, new(process.Process, process.Table, isThread: true));
        if (_tasks.ContainsKey(fact.Tid))
            Apply(fact);
        // perf may tell of whoever started the program before it tells of the program.
        else if (History.Root is null && (RootPid == 0 ? source != FactSource.Perf || fact.Kind == FactKind.TaskExec : RootPid == fact.Tid))
        {
            ProcessLife root = new(new(fact.Tid, fact.Time)) { BirthReference = fact.Reference, IgnoresChildren = ChildSignalIgnored };
            root.BornBy |= 1 << (int)source;
            History.Root = root;
            Register(fact.Tid, root, new FdTable { Owner = root });
            Apply(fact);
        }
        else
            Wait(fact);
    }

    private void Wait(Fact fact)
    {
        if (_waiting == MostWaiting)
        {
            if (!_lostWaiting)
                History.Miss($"more than {MostWaiting} facts of threads whose birth is not told", fact.Reference);
            _lostWaiting = true;
            return;
        }

        _waiting++;
        if (!_unborn.TryGetValue(fact.Tid, out List<Fact>? waiting))
            _unborn[fact.Tid] = waiting = [];
        waiting.Add(fact);
    }

    private void Register(int tid, ProcessLife life, FdTable table)
    {
        _tasks[tid] = new(life, table, isThread: false);
        _living[tid] = life;
        _reaped.Remove(tid);
        History.Lives.Add(life);
        History.Sums.Created++;
        if (History.Lives.Count > History.MostLives * 2)
            Forget();
    }

    /// <summary>Lives that ended well can be no finding any more, whatever comes; they stay in the sums.</summary>
    private void Forget()
    {
        int kept = 0;
        int over = History.Lives.Count - History.MostLives;
        History.Lives.RemoveAll(life =>
        {
            if (kept++ < History.MostLives / 2 || over == 0 || !EndedWell(life))
                return false;
            over--;
            if (life.Reaped is not null)
                History.Sums.ReapedByParent++;
            else
                History.Sums.ReapedByOther++;
            return true;
        });
    }

    private bool EndedWell(ProcessLife life) =>
        life != History.Root && life.Exited is { } exit && life.LeftSession is null
        && (life.Reaped is { } reap ? reap - exit <= options.SettleNanoseconds : life.AutoReap && life.AdoptedAt is null);

    private void Apply(Fact fact)
    {
        TaskState task = _tasks[fact.Tid];
        switch (fact.Kind)
        {
            case FactKind.TaskNew:
                Born(task, fact);
                break;
            case FactKind.TaskExec:
                Executed(task, fact);
                break;
            case FactKind.TaskExit:
                Ended(task, fact);
                break;
            case FactKind.TaskReap:
                Reap(task, fact);
                break;
            case FactKind.WaitFailed:
                WaitFailed(task, fact);
                break;
            case FactKind.TaskSession:
                Session(task, fact);
                break;
            case FactKind.SignalSend:
                Signalled(task, fact);
                break;
            case FactKind.SignalReceive:
                if (fact.Number == SignalNames.Number("SIGCHLD"))
                    task.Process.HearsOfChildren = true;
                break;
            case FactKind.SignalDisposition:
                task.Process.IgnoresChildren = fact.Has(FactFlags.Ignored);
                task.Process.HearsOfChildren |= !fact.Has(FactFlags.Ignored);
                break;
            default:
                ApplyDescriptor(task, fact);
                break;
        }
    }

    private void Born(TaskState parent, Fact fact)
    {
        if (fact.Other <= 0)
            return;
        if (_tasks.TryGetValue(fact.Other, out TaskState? old))
        {
            History.Miss($"id {fact.Other} is given again before its end is told", fact.Reference);
            if (!old.IsThread)
                Release(old.Table, fact);
            _tasks.Remove(fact.Other);
        }

        if (fact.Has(FactFlags.Thread))
        {
            _tasks[fact.Other] = new(parent.Process, parent.Table, isThread: true);
            CountThread(parent, fact);
        }
        else
        {
            ProcessLife life = new(new(fact.Other, fact.Time))
            {
                Parent = parent.Process,
                Program = parent.Process.Program,
                BirthReference = fact.Reference,
                AutoReap = fact.Has(FactFlags.AutoReap),
                IgnoresChildren = parent.Process.IgnoresChildren,
                HearsOfChildren = parent.Process.HearsOfChildren,
                IsHelper = parent.Process.IsHelper || (parent.Process == History.Root && _rootExecs < RootExecs),
            };
            life.BornBy |= 1 << (int)source;
            parent.Process.Unreaped.Add(life);
            FdTable table = parent.Table;
            if (fact.Has(FactFlags.SharesFiles))
                table.Users++;
            else
                table = CopyTable(table);
            Register(fact.Other, life, table);
            EnterPipes(life, table);
        }

        Replay(fact.Other);
        if (_earlyReaps.Remove(fact.Other, out Fact? reap) && _tasks.TryGetValue(reap.Tid, out TaskState? reaper))
            Reap(reaper, reap);
    }

    /// <summary>A thread whose execve superseded the others, among them the one that was about to tell of its birth.</summary>
    private void Adopt(int tid, TaskState thread)
    {
        _tasks[tid] = thread;
        CountThread(thread, birth: null);
        Replay(tid);
    }

    private void Replay(int tid)
    {
        if (!_unborn.Remove(tid, out List<Fact>? waiting))
            return;
        _waiting -= waiting.Count;
        foreach (Fact late in waiting)
        {
            if (_tasks.ContainsKey(late.Tid))
                Apply(late);
        }
    }

    private void Executed(TaskState task, Fact fact)
    {
        ProcessLife life = task.Process;
        if (source == FactSource.Strace) // which names nothing where it may not read
            (life.Command, life.Program) = (fact.Text, fact.Key);
        else
            (life.Command, life.Program) = (fact.Text ?? life.Command, fact.Key ?? fact.Text ?? life.Program);
        if (life == History.Root)
            _rootExecs++;
        life.ExecReference = fact.Reference;
        // What a handler was is default again; what was ignored stays so.
        CloseForExec(task, fact);
        life.HasExecuted = true;
    }

    private void Ended(TaskState task, Fact fact)
    {
        _tasks.Remove(fact.Tid);
        if (task.IsThread || fact.Has(FactFlags.Thread))
        {
            History.Sums.ThreadsEnded++;
            Growth(task.Process).Threads--;
            return;
        }

        ProcessLife life = task.Process;
        life.Exited = fact.Time;
        life.ExitCode = fact.Number;
        life.BySignal = fact.Has(FactFlags.BySignal);
        life.ExitReference = fact.Reference;
        JudgeGrowth(task, fact);
        LeavePipes(life, task.Table);
        Release(task.Table, fact);
        foreach (ProcessLife child in life.Unreaped)
        {
            child.AdoptedAt = fact.Time;
            if (child.Exited is not null)
                Bury(child);
        }

        life.Unreaped.Clear();
        if (life.Reaped is null && (life.AutoReap || life.Parent?.IgnoresChildren == true || life.AdoptedAt is not null))
        {
            life.AutoReap = true;
            life.Parent?.Unreaped.Remove(life);
            Bury(life);
        }
        else if (life.Reaped is not null)
            Bury(life);
    }

    private void Bury(ProcessLife life)
    {
        if (_living.GetValueOrDefault(life.Pid) == life)
            _living.Remove(life.Pid);
        if (life.Reaped is not null || life.AutoReap)
            _reaped[life.Pid] = life;
    }

    private void Reap(TaskState task, Fact fact)
    {
        if (fact.Other == 0)
        {
            task.Process.WaitsUnseen = true;
            return;
        }

        if (!_living.TryGetValue(fact.Other, out ProcessLife? child))
        {
            if (_tasks.ContainsKey(fact.Other))
                return; // a thread, of a debugger
            _earlyReaps[fact.Other] = fact;
            return;
        }

        // A tracer, too, gets the ids of its tracees from a wait, and reaps nobody.
        if (child.Parent != task.Process && child.Parent is { Exited: null })
            return;
        Reaped(child, fact);
        CountIteration(task);
    }

    private void Reaped(ProcessLife child, Fact fact)
    {
        child.Reaped = fact.Time;
        child.ReapedBy = fact.Tid;
        child.ReapedForAny = fact.Has(FactFlags.AnyChild);
        child.ReapReference = fact.Reference;
        child.Parent?.Unreaped.Remove(child);
        Bury(child);
    }

    private void Session(TaskState task, Fact fact)
    {
        if (fact.Text != "setsid" || task.Process == History.Root)
            return;
        task.Process.LeftSession ??= fact.Time;
        task.Process.LeftSessionReference ??= fact.Reference;
    }

    private void WaitFailed(TaskState task, Fact fact)
    {
        if (fact.Has(FactFlags.AnyChild))
        {
            // It has no child: so it has waited for each that is dead, whatever could be seen of it.
            if (task.Process.WaitsUnseen)
                task.Process.Unreaped.FindAll(static c => c.Exited is not null).ForEach(dead => Reaped(dead, fact));
            return;
        }

        if (!_reaped.TryGetValue(fact.Other, out ProcessLife? child) || child.Parent != task.Process
            || child.Reaped is null || child.ReapedBy == fact.Tid || !child.ReapedForAny)
            return;
        History.Tell(new(Rule.StolenReap, Severity.Warning,
            $"thread {fact.Tid} waited for {child.Pid} ({child.Title}), but thread {child.ReapedBy} had reaped it by a wait for any child")
        {
            Pid = child.Pid, Command = child.Title, Time = fact.Time, Process = task.Process, References = [fact.Reference, child.ReapReference ?? ""],
        });
    }

    private void Signalled(TaskState task, Fact fact)
    {
        if (!_reaped.TryGetValue(fact.Other, out ProcessLife? target) || target.Reaped is not { } reaped || fact.Time < reaped || _tasks.ContainsKey(fact.Other))
            return;
        bool harmless = fact.Has(FactFlags.Failed) || fact.Number == 0;
        History.Tell(new(Rule.LateSignal, harmless ? Severity.Note : Severity.Warning,
            $"{task.Process.Title} sent {SignalNames.Of(fact.Number)} to {fact.Other} {Durations.Text(fact.Time - reaped)} after {target.Title} was reaped{(fact.Has(FactFlags.Failed) ? "; nobody had the id" : "")}")
        {
            Pid = task.Process.Pid, Command = task.Process.Title, Time = fact.Time, Process = task.Process, References = [fact.Reference, target.ReapReference ?? ""],
        });
    }

    /// <summary>Called once, after the last fact.</summary>
    internal History Finish()
    {
        if (source != FactSource.Perf) // which tells of the tool's own threads, too
        {
            foreach ((int tid, List<Fact> waiting) in _unborn.OrderBy(static p => p.Key))
                History.Miss($"the birth of {tid} is not in the evidence", waiting[0].Reference);
            foreach ((int pid, Fact reap) in _earlyReaps.OrderBy(static p => p.Key))
                History.Miss($"{pid} was reaped, but its birth is not in the evidence", reap.Reference);
        }

        if (History.Root is null)
            History.Miss("there is no fact in it");
        JudgeOpen();
        return History;
    }
}
