using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>
/// Joins what several sources tell: the one that sees most is the story, the others are witnesses of it. Where two of them
/// disagree nobody is believed, and that is said.
/// </summary>
internal sealed class Merger
{
    /// <summary>Births of one process in two sources are this near; the same id again is further away.</summary>
    private const long Near = 1_000_000_000;

    private readonly Dictionary<int, List<ProcessLife>> _byPid = [];
    private readonly History _story;

    internal Merger(History story)
    {
        _story = story;
        foreach (ProcessLife life in story.Lives)
            Index(life);
    }

    /// <summary>When the root ended, by whoever saw it.</summary>
    internal long? RootExit { get; private set; }

    private void Index(ProcessLife life)
    {
        if (!_byPid.TryGetValue(life.Pid, out List<ProcessLife>? lives))
            _byPid[life.Pid] = lives = [];
        lives.Add(life);
    }

    internal void AddWitness(History witness)
    {
        foreach (Gap gap in witness.Gaps)
            _story.Miss($"{FactNames.Of(witness.Source)}: {gap.Reason}", gap.Reference);
        if (_story.Lives.Count >= History.MostLives || witness.Lives.Count >= History.MostLives)
        {
            _story.Miss($"more than {History.MostLives} processes: {FactNames.Of(witness.Source)} was not compared");
            return;
        }

        HashSet<ProcessLife> seen = [];
        foreach (ProcessLife life in witness.Lives.Where(static l => !l.IsHelper))
        {
            ProcessLife? same = Find(life.Pid, life.Id.FirstSeen, seen);
            if (same is not null)
            {
                seen.Add(same);
                Agree(same, life, witness);
            }
            else
                Conflict($"{FactNames.Of(witness.Source)} saw process {life.Pid} ({life.Title}), {FactNames.Of(_story.Source)} did not", life.BirthReference);
        }

        foreach (ProcessLife life in _story.Lives.Where(l => !l.IsHelper && !seen.Contains(l) && l.Id.FirstSeen >= witness.First && l.Id.FirstSeen <= witness.Last))
            Conflict($"{FactNames.Of(_story.Source)} saw process {life.Pid} ({life.Title}), {FactNames.Of(witness.Source)} did not", life.BirthReference);
    }

    private void Agree(ProcessLife story, ProcessLife other, History witness)
    {
        story.BornBy |= other.BornBy;
        if (story.Reaped is null && other.Reaped is not null)
            (story.Reaped, story.ReapedBy, story.ReapReference) = (other.Reaped, other.ReapedBy, other.ReapReference);
        story.LeftSession ??= other.LeftSession;
        story.LeftSessionReference ??= other.LeftSessionReference;
        story.Command ??= other.Command;
        if (other.Exited is null || witness.Source == FactSource.Perf)
            return; // perf tells no exit code
        if (story.Exited is null)
            SetExit(story, other.Exited.Value, other.ExitCode, other.BySignal, other.ExitReference);
        else
            CheckExit(story, other.ExitCode, other.BySignal, FactNames.Of(witness.Source), other.ExitReference);
    }

    private static void SetExit(ProcessLife life, long time, int code, bool bySignal, string? reference)
    {
        (life.Exited, life.ExitCode, life.BySignal) = (time, code, bySignal);
        life.ExitReference ??= reference;
    }

    private void CheckExit(ProcessLife life, int code, bool bySignal, string who, string? reference)
    {
        if (life.ExitCode != code || life.BySignal != bySignal)
            Conflict($"{FactNames.Of(_story.Source)} says that {life.Pid} {life.Outcome}, {who} says {(bySignal ? SignalNames.Of(code) : code.ToString(System.Globalization.CultureInfo.InvariantCulture))}", reference);
    }

    private ProcessLife? Find(int pid, long time, HashSet<ProcessLife>? without = null)
    {
        ProcessLife? best = null;
        foreach (ProcessLife life in _byPid.GetValueOrDefault(pid) ?? [])
        {
            if (without?.Contains(life) != true && Math.Abs(life.Id.FirstSeen - time) <= Near
                && (best is null || Math.Abs(life.Id.FirstSeen - time) < Math.Abs(best.Id.FirstSeen - time)))
                best = life;
        }

        return best;
    }

    /// <summary>The holder of the id at that time.</summary>
    private ProcessLife? At(int pid, long time)
    {
        const long Slack = 50_000_000;
        ProcessLife? best = null;
        foreach (ProcessLife life in _byPid.GetValueOrDefault(pid) ?? [])
        {
            if (life.Id.FirstSeen <= time + Slack && (best is null || life.Id.FirstSeen > best.Id.FirstSeen))
                best = life;
        }

        return best;
    }

    /// <summary>What the tool saw itself: looks into /proc, exits and reaps of what fell to it.</summary>
    internal void AddOwn(Fact fact)
    {
        switch (fact.Kind)
        {
            case FactKind.Gap:
                _story.Miss($"{FactNames.Of(fact.Source)}: {fact.Text}", fact.Reference);
                break;
            case FactKind.SnapProcess when fact.Has(FactFlags.Gone):
                if (At(fact.Pid, fact.Time) is { Exited: null } gone)
                    gone.GoneBy ??= fact.Time;
                break;
            case FactKind.SnapProcess:
                Snap(fact);
                break;
            case FactKind.RootExit:
                RootExit = fact.Time;
                Exit(fact);
                break;
            case FactKind.TaskExit:
                Exit(fact);
                break;
            case FactKind.TaskReap when At(fact.Other, fact.Time) is { } reaped:
                if (reaped.Reaped is not null && reaped != _story.Root)
                    Conflict($"{FactNames.Of(_story.Source)} saw {reaped.Pid} reaped, but it was left to the tool", fact.Reference);
                reaped.ReapedByTool = true;
                reaped.ReapReference ??= fact.Reference;
                break;
            case FactKind.Killed when At(fact.Other, fact.Time) is { } killed:
                killed.KilledByTool = true;
                break;
        }
    }

    private void Exit(Fact fact)
    {
        if (At(fact.Pid, fact.Time) is not { } life)
            return;
        if (life.Exited is null)
            SetExit(life, fact.Time, fact.Number, fact.Has(FactFlags.BySignal), fact.Reference);
        else
            CheckExit(life, fact.Number, fact.Has(FactFlags.BySignal), "the wait", fact.Reference);
    }

    private void Snap(Fact fact)
    {
        ProcessLife? life = At(fact.Pid, fact.Time);
        if (life is null or { GoneBy: not null })
        {
            if (_story.Source is not (FactSource.Proc or FactSource.Sub))
            {
                Conflict($"/proc shows process {fact.Pid} ({fact.Text}), {FactNames.Of(_story.Source)} did not see its birth", fact.Reference);
            }

            life = new(new(fact.Pid, fact.Time)) { Parent = At(fact.Other, fact.Time), BirthReference = fact.Reference };
            _story.Lives.Add(life);
            _story.Sums.Created++;
            Index(life);
        }

        // A zombie has a name only, in brackets.
        bool better = fact.Text is not null && !fact.Text.StartsWith('[') && life != _story.Root;
        life.Command = life.Command is null || (better && ( life.Command.Contains('…', StringComparison.Ordinal) || _story.Source is FactSource.Connector or FactSource.Proc or FactSource.Sub))
            ? fact.Text ?? life.Command : life.Command;
        life.Program ??= fact.Key;
        life.State = (char)fact.Number;
        life.SnapReference = fact.Reference;
        if (fact.Has(FactFlags.Zombie))
        {
            life.SeenAsZombie ??= fact.Time;
            life.AdoptedAsZombie |= fact.Has(FactFlags.Adopted);
        }

        // Looked at after the settling time, the tool's last look.
        life.Survived |= fact.Source == FactSource.Sub && RootExit is not null && !fact.Has(FactFlags.Zombie) && !life.IsHelper;
    }

    private void Conflict(string reason, string? reference)
    {
        if (_story.Gaps.Count < 100)
            _story.Gaps.Add(new(reason, reference ?? "", IsConflict: true));
        else
            _story.Miss(reason);
    }
}
