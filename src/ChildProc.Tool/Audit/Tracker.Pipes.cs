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
    /// Meant to write are children and siblings of a reader that have the pipe as standard output or error. One of them ends.
    /// </summary>
    private static void LeavePipes(ProcessLife life, FdTable table)
    {
        if (table.Users > 1)
            return;
        foreach (FdSlot slot in table.Slots)
        {
            if (slot.Fd is 1 or 2 && slot.End == FactFlags.WriteEnd && slot.File is Pipe pipe && MeantFor(pipe, life))
                pipe.LastIntendedWriter = life;
        }
    }

    /// <summary>
    /// A writer's end is gone. It is held from then on if a meant writer has ended and neither another one nor a reader can
    /// write: a quick child may end before its reader closes the writer's end that it opened itself.
    /// </summary>
    private static void HoldPipe(Pipe pipe, Fact fact)
    {
        if (pipe.HeldSince is not null || pipe.LastIntendedWriter is null || pipe.Writers.Count == 0)
            return;
        if (pipe.Writers.Any(w => w.Table.Owner is { } owner && (MeantFor(pipe, owner) || pipe.Readers.Any(r => r.Table == w.Table))))
            return;
        (FdTable table, FdSlot slot) = pipe.Writers.First();
        (pipe.HeldSince, pipe.HeldReference) = (fact.Time, fact.Reference);
        pipe.Holder = table.Owner;
        pipe.HolderReference = slot.Reference;
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
            References = [.. new[] { pipe.HolderReference, pipe.LastIntendedWriter?.ExitReference ?? "", pipe.HeldReference, reference }.Distinct()],
        });
    }
}
