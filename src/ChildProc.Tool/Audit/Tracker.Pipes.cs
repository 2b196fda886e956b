using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>Pipes that outlive their writers: a reader waits for an end that somebody else holds off.</summary>
internal sealed partial class Tracker
{
    private readonly Dictionary<string, Pipe> _pipes = [];

    private static void EnterPipes(ProcessLife life, FdTable table)
    {
        table.Owner ??= life;
        foreach (FdSlot slot in table.Slots)
            Enter(table, slot);
    }

    /// <summary>
    /// Meant to write are children and siblings of a reader that have the pipe as standard output or error. When the last
    /// of them ends, others may still hold it.
    /// </summary>
    private static void LeavePipes(ProcessLife life, FdTable table, Fact fact)
    {
        if (table.Users > 1)
            return;
        foreach (FdSlot slot in table.Slots.Where(static s => s.Fd is 1 or 2 && s.End == FactFlags.WriteEnd).ToList())
        {
            if (slot.File is not Pipe pipe || pipe.HeldSince is not null || !MeantFor(pipe, life))
                continue;
            var others = pipe.Writers.Where(w => w.Table != table).ToList();
            if (others.Count == 0 || others.Exists(w => w.Table.Owner is { } owner && (MeantFor(pipe, owner) || pipe.Readers.Any(r => r.Table == w.Table))))
                continue;
            pipe.HeldSince = fact.Time;
            pipe.LastIntendedWriter = life;
            pipe.Holder = others[0].Table.Owner;
            pipe.HolderReference = others[0].Slot.Reference;
        }
    }

    private static bool MeantFor(Pipe pipe, ProcessLife writer) =>
        pipe.Readers.Any(r => r.Table.Owner is { } reader && reader != writer && writer.Parent is { } parent && (parent == reader || parent == reader.Parent));

    private void JudgePipe(Pipe pipe, long time, string reference, bool atEnd = false)
    {
        if (pipe.HeldSince is not { } since || (!atEnd && pipe.Writers.Count > 0 && pipe.Readers.Count > 0))
            return;
        pipe.HeldSince = null;
        if (time - since <= options.SettleNanoseconds)
            return;
        ProcessLife? holder = pipe.Holder;
        History.Tell(new(Rule.PipeHeld, Severity.Warning,
            $"{holder?.Title} held {pipe.Key} open for {Durations.Text(time - since)} after its writer {pipe.LastIntendedWriter?.Pid} ({pipe.LastIntendedWriter?.Title}) had ended")
        {
            Pid = holder?.Pid ?? 0, Command = holder?.Title ?? "", Time = since, Process = holder,
            References = [pipe.HolderReference, pipe.LastIntendedWriter?.ExitReference ?? "", reference],
        });
    }
}
