using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>The rules about whole processes, over the merged lives: orphans, zombies, escapes.</summary>
internal sealed class ProcessRules(History story, long? rootExit, AuditOptions options)
{
    private readonly HashSet<ProcessLife> _waitsTold = [];

    /// <summary>The log goes on to the end of the last process, so what has no end in it lives.</summary>
    internal bool EvidenceIsWhole { get; init; } = true;

    internal void Judge()
    {
        if (story.Root is { } root && rootExit is null && root.Exited is null)
            story.Miss($"the exit of the root {root.Pid} ({root.Title}) is not in the evidence");
        foreach (ProcessLife life in story.Lives)
        {
            if (life == story.Root || life.IsHelper)
            {
                story.Sums.Created--;
                continue;
            }

            // Where only looks tell of processes, what the last one did not find has ended before it.
            if (life.Exited is null && !life.Survived && rootExit is not null && !story.Sums.CountsBirths)
                life.GoneBy ??= story.Last;
            bool zombie = IsZombie(life);
            Count(life, zombie);
            TellUnseen(life);
            if (zombie)
                continue;
            JudgeOrphan(life);
            JudgeEscape(life);
        }
    }

    private long? T0 => rootExit ?? story.Root?.Exited;

    private void Count(ProcessLife life, bool zombie)
    {
        Sums sums = story.Sums;
        if (zombie)
            sums.Zombies++;
        else if (life.Ended is null || (life.Survived && !life.ReapedByTool) || (life.KilledByTool && life.Survived))
            sums.Alive++;
        else if (life.Reaped is not null || life.IsReapedUnseen)
            sums.ReapedByParent++;
        else if (life.AutoReap || life.ReapedByTool || life.AdoptedAt is not null || life.Parent?.Exited is not null)
            sums.ReapedByOther++;
    }

    /// <summary>In a run each zombie falls to the tool in the end, so what did not was reaped; a log alone cannot tell.</summary>
    private void TellUnseen(ProcessLife life)
    {
        if (!life.IsReapedUnseen || life.Parent is not { } parent || !_waitsTold.Add(parent))
            return;
        string what = $"nobody saw for whom {Parent(life)} waited: its memory could not be read, or it did not ask";
        if (rootExit is null)
            story.Miss(what, life.ExitReference ?? "");
        else
            Add(Rule.EvidenceLoss, Severity.Note, parent, what + "; the tool had no zombie of it to reap", parent.Id.FirstSeen);
    }

    private void JudgeOrphan(ProcessLife life)
    {
        if (T0 is not { } end)
            return;
        if (!Outlives(life, end) && (life.Ended is not null || !EvidenceIsWhole))
            return;
        string what = life.Survived || life.Exited is null ? $"was alive {Durations.Text(options.SettleNanoseconds)} after the program had ended{(life.State == 'T' ? ", stopped" : "")}"
            : $"lived for {Durations.Text(life.Exited.Value - end)} after the program had ended";
        Add(Rule.Orphan, Severity.Warning, life, $"{life.Title} (process {life.Pid}) {what}; started by {Parent(life)}", life.Id.FirstSeen);
    }

    /// <summary>It was seen alive after the settling time, by the tool or by its end.</summary>
    private bool Outlives(ProcessLife life, long end) => life.Survived || life.Exited > end + options.SettleNanoseconds;

    private void JudgeEscape(ProcessLife life)
    {
        if (life.LeftSession is not { } when || T0 is not { } end)
            return;
        bool outlives = Outlives(life, end) || life.Ended is null;
        Add(Rule.Escape, outlives ? Severity.Warning : Severity.Note,
            $"{life.Title} (process {life.Pid}) left the session by setsid{(outlives ? " and outlived the program" : "")}", life, when, life.LeftSessionReference);
    }

    /// <returns>Whether nobody has reaped it for good.</returns>
    private bool IsZombie(ProcessLife life)
    {
        if (life.Exited is not { } exit && life.SeenAsZombie is null)
            return false;
        exit = life.Exited ?? life.SeenAsZombie!.Value;
        if (life.SeenAsZombie is { } seen)
            exit = Math.Min(exit, seen);
        if (life.Reaped is { } reaped)
        {
            if (reaped - exit > options.SettleNanoseconds)
                Add(Rule.Zombie, Severity.Warning, life, $"{life.Title} (process {life.Pid}) was a zombie for {Durations.Text(reaped - exit)}, until {Parent(life)} reaped it", exit);
            return false;
        }

        if (life.IsReapedUnseen || (life.AutoReap && life.AdoptedAt is null))
            return false;
        // Who was first seen as the tool's own child had lost its parent before: the tool waits for it.
        if (life.Parent is null && !life.AdoptedAsZombie)
            return false;
        // Without reaps in the evidence, only what was seen counts.
        bool known = story.Sums.CountsReaps || life.AdoptedAsZombie || life.ReapedByTool;
        long? parentEnd = life.Parent?.Exited;
        if (!known || (parentEnd is null && T0 is null) || life.Parent?.IgnoresChildren == true)
            return false;
        long end = parentEnd ?? Math.Max(T0!.Value, story.Last);
        if (end <= exit)
            return false; // its parent was gone first: the adopter reaps
        long gap = end - exit;
        bool race = gap < AuditOptions.RaceNanoseconds;
        // Who never heard of a child may have SIGCHLD ignored from before the evidence begins: then the kernel reaps.
        bool sure = life.AdoptedAsZombie || life.ReapedByTool || life.Parent?.HearsOfChildren == true;
        string until = parentEnd is null ? $"the evidence ends, and {Parent(life)} has not waited for it" : $"the end of {Parent(life)}, which never waited for it";
        Add(Rule.Zombie, race || !sure ? Severity.Note : Severity.Warning, life,
            $"{life.Title} (process {life.Pid}) was never reaped: it {(life.Exited is null ? "was dead" : life.Outcome)} {Durations.Text(gap)} before {until}", exit);
        return true;
    }

    private static string Parent(ProcessLife life) => life.Parent is { } parent ? $"{parent.Pid} ({parent.Title})" : "an unknown parent";

    private void Add(Rule rule, Severity severity, ProcessLife life, string message, long time) => Add(rule, severity, message, life, time, null);

    private void Add(Rule rule, Severity severity, string message, ProcessLife life, long time, string? reference) =>
        story.Tell(new(rule, severity, message)
        {
            Pid = life.Pid, Command = life.Title, Time = time, Process = life,
            References = [.. (reference is null ? life.References() : [reference, .. life.References()]).Distinct()],
        });
}
