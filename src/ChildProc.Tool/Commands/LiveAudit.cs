using ChildProc.Interop;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Model;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Commands;

/// <summary>
/// <c>audit --pid</c>: looks at a running process and its descendants several times. What is a zombie all the time, a
/// descriptor count that grows with every look, a pidfd of a process long reaped: those are leaks. It sees nothing between
/// two looks, so it never says more than that. A .NET program is listened to, too, for what the library says of itself.
/// </summary>
internal static class LiveAudit
{
    private const int Looks = 6;

    /// <exception cref="EvidenceException">There is no such process.</exception>
    internal static Report Run(int pid, TimeSpan time, AuditOptions options, Auditor.Observer? observe)
    {
        SourceProbe.RequireProc();
        long ticks = ProcStat.Read(pid)?.Started ?? throw new EvidenceException($"there is no process {pid}");
        Dictionary<(int Pid, long Ticks), Watched> all = [];
        History story = new(FactSource.Proc);
        using AttachedTrace? trace = AttachedTrace.Start(pid);
        long sequence = 0;
        for (int look = 0; look < Looks; look++)
        {
            if (look > 0)
                Thread.Sleep(time / (Looks - 1));
            long now = LibC.Now();
            if (ProcStat.Read(pid) is not { } root || root.Started != ticks)
            {
                story.Miss($"process {pid} ended during the look");
                break;
            }

            foreach (ProcStat stat in (IEnumerable<ProcStat>)[root, .. ProcFs.Descendants(pid)])
            {
                if (!all.TryGetValue((stat.Pid, stat.Started), out Watched? one))
                {
                    ProcessLife life = new(new(stat.Pid, now)) { Command = ProcFs.Command(stat.Pid, stat.Name), Program = stat.Name, Parent = all.Values.FirstOrDefault(w => w.Life.Pid == stat.Parent)?.Life };
                    all[(stat.Pid, stat.Started)] = one = new(life);
                    story.Lives.Add(life);
                    story.Root ??= life;
                }

                one.Looks++;
                one.ZombieLooks += stat.IsDead ? 1 : 0;
                one.Life.SeenAsZombie ??= stat.IsDead ? now : null;
                List<(int Fd, string Target)> descriptors = ProcFs.Descriptors(stat.Pid);
                one.Counts.Add(descriptors.Count(static d => !IsOfTheRuntime(d.Target)));
                one.Descriptors = descriptors;
                one.DeadPidfds.Add([.. descriptors.Where(static d => d.Target == "pid:-1").Select(static d => d.Fd)]);
                observe?.Invoke(new Fact { Time = now, Source = FactSource.Proc, Sequence = sequence++, Pid = stat.Pid, Tid = stat.Pid, Kind = FactKind.SnapProcess, Other = stat.Parent, Number = stat.State, Text = one.Life.Command, Key = stat.Name, Flags = stat.IsDead ? FactFlags.Zombie : 0 });
            }

            story.First = Math.Min(story.First, now);
            story.Last = Math.Max(story.Last, now);
            story.Facts++;
        }

        foreach (Watched one in all.Values)
            Judge(one, story, time);
        IReadOnlyList<AppEvent> events = trace?.Finish(story) ?? [];
        new AppRules(story).Judge(events.OrderBy(static e => e.Time), ended: false);
        story.Sums.Created = story.Lives.Count;
        story.Sums.Zombies = all.Values.Count(static w => w.ZombieLooks > 0);
        story.Sums.Alive = story.Lives.Count - story.Sums.Zombies;
        return Conclude(story, options, trace is null ? ["proc"] : ["proc", "app"], events);
    }

    /// <summary>One look, for the tree.</summary>
    internal static Report Look(int pid, long now)
    {
        SourceProbe.RequireProc();
        if (ProcStat.Read(pid) is not { } root)
            throw new EvidenceException($"there is no process {pid}");
        History story = new(FactSource.Proc) { First = now, Last = now, Facts = 1 };
        Dictionary<int, ProcessLife> lives = [];
        foreach (ProcStat stat in (IEnumerable<ProcStat>)[root, .. ProcFs.Descendants(pid)])
        {
            ProcessLife life = new(new(stat.Pid, now)) { Command = ProcFs.Command(stat.Pid, stat.Name), Parent = lives.GetValueOrDefault(stat.Parent), Exited = stat.IsDead ? now : null };
            lives[stat.Pid] = life;
            story.Lives.Add(life);
            story.Root ??= life;
        }

        return Conclude(story, new AuditOptions(), ["proc"], []);
    }

    private static Report Conclude(History story, AuditOptions options, string[] sources, IReadOnlyList<AppEvent> events)
    {
        Manifest manifest = new() { Sources = sources };
        Auditor.Weigh(story, options);
        return new Report { Story = story, Manifest = manifest, Options = options, Findings = story.Findings, Sources = manifest.Sources, AppEvents = events };
    }

    private static void Judge(Watched one, History story, TimeSpan time)
    {
        ProcessLife life = one.Life;
        if (one.Looks < Looks)
            return;
        if (one.ZombieLooks == Looks)
            Tell(Rule.Zombie, $"{life.Title} (process {life.Pid}) was a zombie for all of {time.TotalSeconds:0.##} s; its parent {life.Parent?.Pid} ({life.Parent?.Title}) does not wait for it");
        bool grows = true;
        for (int i = 1; i < one.Counts.Count; i++)
            grows &= one.Counts[i] > one.Counts[i - 1];
        if (grows)
            Tell(Rule.Descriptor, $"{life.Title} (process {life.Pid}) had more descriptors at each of {Looks} looks: {string.Join(", ", one.Counts)}; the last is {one.Descriptors[^1].Fd} ({one.Descriptors[^1].Target})");
        HashSet<int> dead = one.DeadPidfds[0];
        foreach (HashSet<int> later in one.DeadPidfds)
            dead.IntersectWith(later);
        if (dead.Count > 0)
            Tell(Rule.Pidfd, $"{life.Title} (process {life.Pid}) keeps {dead.Count} pidfds of processes that are reaped: {string.Join(", ", dead.Order().Take(10))}");

        void Tell(Rule rule, string message) => story.Tell(new(rule, Severity.Warning, message) { Pid = life.Pid, Command = life.Title, Time = story.Last, Process = life, References = [$"/proc/{life.Pid}"] });
    }

    /// <summary>What the runtime opens when it is looked at, and its own plumbing.</summary>
    private static bool IsOfTheRuntime(string target) =>
        target.Contains("dotnet-diagnostic", StringComparison.Ordinal) || target.Contains("memfd:doublemapper", StringComparison.Ordinal);

    private sealed class Watched(ProcessLife life)
    {
        internal ProcessLife Life { get; } = life;

        internal int Looks { get; set; }

        internal int ZombieLooks { get; set; }

        internal List<int> Counts { get; } = [];

        internal List<(int Fd, string Target)> Descriptors { get; set; } = [];

        internal List<HashSet<int>> DeadPidfds { get; } = [];
    }
}
