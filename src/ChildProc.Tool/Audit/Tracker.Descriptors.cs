using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>The descriptor tables.</summary>
internal sealed partial class Tracker
{
    private static readonly HashSet<string> s_shells = ["sh", "dash", "bash", "zsh", "ksh", "mksh", "ash", "busybox", "fish"];

    private const int MostHolders = 1000;

    private readonly Dictionary<int, (int Fd, Finding Finding)> _doubtfulCloses = [];
    private readonly Dictionary<int, int> _lastCloses = [];
    private readonly HashSet<string> _inheritedTold = [];

    private void ApplyDescriptor(TaskState task, Fact fact)
    {
        FdTable table = task.Table;
        History.Sums.CountsDescriptors = true;
        SettleClose(fact);
        switch (fact.Kind)
        {
            case FactKind.FdOpen:
                Put(table, new FdSlot(fact.Fd, FileOf(fact), fact.Time)
                {
                    CloseOnExec = fact.Has(FactFlags.CloseOnExec), End = fact.Flags & (FactFlags.ReadEnd | FactFlags.WriteEnd),
                    Reference = fact.Reference, Opener = task.Process, OfShell = IsShell(task.Process),
                }, fact);
                break;
            case FactKind.FdDup:
                FdSlot? source = table[fact.Fd];
                Put(table, new FdSlot(fact.Fd2, source?.File ?? FileOf(fact), fact.Time)
                {
                    CloseOnExec = fact.Has(FactFlags.CloseOnExec), Placed = fact.Has(FactFlags.Placed), End = source?.End ?? 0,
                    Reference = fact.Reference, Opener = task.Process, OfShell = IsShell(task.Process),
                }, fact);
                break;
            case FactKind.FdClose:
                Close(task, fact);
                break;
            case FactKind.FdCloseRange:
                foreach (FdSlot slot in fact.Has(FactFlags.CloseOnExec) ? [] : table.Take(s => s.Fd >= fact.Fd && s.Fd <= fact.Fd2))
                {
                    History.Sums.Closed++;
                    Leave(table, slot, fact);
                }

                foreach (FdSlot slot in fact.Has(FactFlags.CloseOnExec) ? table.Slots : [])
                    slot.CloseOnExec |= slot.Fd >= fact.Fd && slot.Fd <= fact.Fd2;
                break;
            case FactKind.FdCloExec when table[fact.Fd] is { } changed:
                changed.CloseOnExec = fact.Has(FactFlags.CloseOnExec);
                changed.Placed |= fact.Has(FactFlags.Placed);
                break;
            case FactKind.FdUnshare:
                Unshare(task);
                break;
        }
    }

    private OpenFile FileOf(Fact fact)
    {
        string key = fact.Key ?? "?";
        if (key.StartsWith("pipe:", StringComparison.Ordinal))
        {
            if (!_pipes.TryGetValue(key, out Pipe? pipe))
            {
                _pipes[key] = pipe = new Pipe(key) { Opened = fact.Time, Reference = fact.Reference };
                if (History.Pipes.Count < History.MostPipes)
                    History.Pipes.Add(pipe);
            }

            return pipe;
        }

        if (fact.Other > 0 && key.StartsWith("pid:", StringComparison.Ordinal))
            return new OpenFile(OpenFileKind.Pidfd, key) { Process = _living.GetValueOrDefault(fact.Other) ?? _reaped.GetValueOrDefault(fact.Other) };
        return new OpenFile(OpenFile.KindOf(key), key);
    }

    private void Put(FdTable table, FdSlot slot, Fact fact)
    {
        // What stood at this number was closed: by dup2, or by a close of another thread whose line comes later.
        if (table.Remove(slot.Fd) is { } replaced)
        {
            History.Sums.Closed++;
            Leave(table, replaced, fact);
        }

        table.Add(slot);
        History.Sums.Opened++;
        Enter(table, slot);
    }

    private void Close(TaskState task, Fact fact)
    {
        FdTable table = task.Table;
        bool sweeps = _lastCloses.TryGetValue(fact.Tid, out int last) && Math.Abs(last - fact.Fd) == 1;
        _lastCloses[fact.Tid] = fact.Fd;
        if (fact.Has(FactFlags.Failed))
        {
            // Shells close numbers that they only think are open, and have no other thread to hit.
            if (!sweeps && !IsShell(task.Process) && table.Closed.TryGetValue(fact.Fd, out ClosedSlot closed))
                _doubtfulCloses[fact.Tid] = (fact.Fd, new(Rule.DoubleClose, Severity.Warning,
                    $"{task.Process.Title} closed descriptor {fact.Fd} ({closed.What.Key}) a second time")
                {
                    Pid = task.Process.Pid, Command = task.Process.Title, Time = fact.Time, Process = task.Process, References = [fact.Reference, closed.Reference],
                });
            return;
        }

        // It was opened after this close had begun: the close was of the one before, which is gone already.
        if (table[fact.Fd] is not { } slot || slot.Opened > fact.Time)
            return;
        table.Remove(fact.Fd);
        table.Closed[fact.Fd] = new(slot.File, fact.Reference);
        History.Sums.Closed++;
        Leave(table, slot, fact);
    }

    /// <summary>A loop that closes every number is no double close: the next close by the same thread tells.</summary>
    private void SettleClose(Fact fact)
    {
        if (_doubtfulCloses.Remove(fact.Tid, out (int Fd, Finding Finding) doubt)
            && !(fact.Kind == FactKind.FdClose && Math.Abs(fact.Fd - doubt.Fd) == 1))
            History.Tell(doubt.Finding);
    }

    private FdTable CopyTable(FdTable from)
    {
        FdTable copy = new();
        foreach (FdSlot slot in from.Slots)
        {
            copy.Add(slot.Inherit());
            History.Sums.Inherited++;
        }

        return copy;
    }

    private void Unshare(TaskState task)
    {
        if (task.Table.Users == 1)
            return;
        task.Table.Users--;
        task.Table = CopyTable(task.Table);
        EnterPipes(task.Process, task.Table);
    }

    /// <summary>A successful exec: the table becomes the process's own, and loses what is marked close-on-exec.</summary>
    private void CloseForExec(TaskState task, Fact fact)
    {
        Unshare(task);
        foreach (FdSlot slot in task.Table.Take(static s => s.CloseOnExec))
        {
            History.Sums.ClosedByExec++;
            Leave(task.Table, slot, fact);
        }

        foreach (FdSlot slot in task.Table.Slots)
        {
            if (slot.Fd <= 2 || slot.Placed || (slot.OfShell && slot.Fd < 10) || task.Process.IsHelper || !_inheritedTold.Add(slot.Reference + slot.File.Key))
                continue;
            ProcessLife opener = slot.Opener ?? task.Process;
            History.Tell(new(Rule.Inherited, Severity.Warning,
                $"{task.Process.Title} got descriptor {slot.Fd} ({slot.File.Key}), which {(opener == task.Process ? "its former program" : $"{opener.Pid} ({opener.Title})")} had opened without close-on-exec")
            {
                Pid = task.Process.Pid, Command = task.Process.Title, Time = fact.Time, Process = task.Process, References = [slot.Reference, fact.Reference],
            });
        }
    }

    private static bool IsShell(ProcessLife life) => life.Program is { } program && s_shells.Contains(Path.GetFileName(program));

    private void Release(FdTable table, Fact fact)
    {
        if (--table.Users > 0)
            return;
        foreach (FdSlot slot in table.Take(static _ => true))
        {
            History.Sums.ClosedByExit++;
            Leave(table, slot, fact);
        }
    }

    private static void Enter(FdTable table, FdSlot slot)
    {
        if (slot.File is Pipe pipe)
        {
            if (table.Owner is { } owner && pipe.Holders.Count < MostHolders)
                pipe.Holders.Add(owner);
            if (slot.End == FactFlags.ReadEnd)
                pipe.Readers.Add((table, slot));
            else if (slot.End == FactFlags.WriteEnd)
                pipe.Writers.Add((table, slot));
        }
    }

    /// <summary>A slot is gone, however.</summary>
    private void Leave(FdTable table, FdSlot slot, Fact fact)
    {
        if (slot.File is Pipe pipe)
        {
            pipe.Readers.Remove((table, slot));
            if (pipe.Writers.Remove((table, slot)))
                HoldPipe(pipe, fact);
            JudgePipe(pipe, fact.Time, fact.Reference);
            if (pipe.Readers.Count == 0 && pipe.Writers.Count == 0)
            {
                pipe.Ended = fact.Time;
                _pipes.Remove(pipe.Key);
            }
        }

        JudgePidfd(table, slot, fact.Time, fact.Reference);
    }

    private void JudgePidfd(FdTable table, FdSlot slot, long time, string reference)
    {
        if (slot.File is not { Kind: OpenFileKind.Pidfd, Process: { Reaped: { } reaped } process } || slot.Inherited || time - reaped <= options.SettleNanoseconds)
            return;
        ProcessLife? holder = slot.Opener ?? table.Owner;
        History.Tell(new(Rule.Pidfd, Severity.Warning,
            $"{holder?.Title} kept descriptor {slot.Fd}, a pidfd of {process.Pid} ({process.Title}), {Durations.Text(time - reaped)} after the reap")
        {
            Pid = holder?.Pid ?? 0, Command = holder?.Title ?? "", Time = time, Process = holder, References = [slot.Reference, reference],
        });
    }

    /// <summary>What is open when the evidence ends.</summary>
    private void JudgeOpen()
    {
        foreach ((_, Finding finding) in _doubtfulCloses.Values)
            History.Tell(finding);
        HashSet<FdTable> seen = [];
        foreach (TaskState task in _tasks.Values)
        {
            if (!seen.Add(task.Table))
                continue;
            History.OpenSlots[task.Process] = [.. task.Table.Slots];
            foreach (FdSlot slot in task.Table.Slots)
            {
                History.Sums.StillOpen++;
                JudgePidfd(task.Table, slot, History.Last, "");
            }
        }

        foreach (Pipe pipe in _pipes.Values)
            JudgePipe(pipe, History.Last, "", atEnd: true);
        foreach (TaskState task in _tasks.Values.Where(static t => !t.IsThread))
            JudgeGrowth(task, null);
    }
}
