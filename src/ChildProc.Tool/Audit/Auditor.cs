using System.Text.Json;
using ChildProc.Tool.Model;
using ChildProc.Tool.Sources;
using ChildProc.Tool.Strace;

namespace ChildProc.Tool.Audit;

/// <summary>A pure function from evidence to a report: the same files give the same answer, today and elsewhere.</summary>
internal static class Auditor
{
    /// <summary>Called for each fact as it is read, for the NDJSON output.</summary>
    internal delegate void Observer(Fact fact);

    /// <exception cref="EvidenceException">There is nothing at the path that could be judged.</exception>
    internal static Report Audit(string path, AuditOptions options, Observer? observe = null)
    {
        try
        {
            (EvidenceFile? manifestFile, List<EvidenceFile> files, IDisposable? owner) = EvidenceFile.Load(path);
            using (owner)
                return Audit(path, manifestFile is null ? null : ReadManifest(manifestFile), files, options, observe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException)
        {
            throw new EvidenceException($"{path}: {e.Message}", e);
        }
    }

    private static Manifest ReadManifest(EvidenceFile file)
    {
        try
        {
            using Stream stream = file.Open();
            Manifest manifest = JsonSerializer.Deserialize(stream, ManifestJson.Default.Manifest) ?? throw new EvidenceException("manifest.json is empty");
            return manifest.Schema == Manifest.CurrentSchema ? manifest : throw new EvidenceException($"the bundle has schema {manifest.Schema}, this tool reads {Manifest.CurrentSchema}");
        }
        catch (JsonException e)
        {
            throw new EvidenceException($"manifest.json: {e.Message}", e);
        }
    }

    private static Report Audit(string path, Manifest? manifest, List<EvidenceFile> files, AuditOptions options, Observer? observe)
    {
        if (manifest is not null)
            options = options with { Settle = TimeSpan.FromSeconds(Math.Clamp(manifest.SettleSeconds, 0, 86400)) };
        Manifest facts = manifest ?? new Manifest();
        List<History> histories = [];
        List<Fact> own = [];
        List<AppEvent> events = [];
        HashSet<int> wholeTraces = [];
        List<Gap> gaps = [];
        bool whole = true;
        foreach ((string name, long length) in facts.Files)
        {
            if (files.Find(f => f.Name == name)?.Length != length)
                gaps.Add(new("the file is not as long as it was written, or missing", name));
        }

        foreach (EvidenceFile file in files)
        {
            file.Progress = options.Progress;
            switch (file.Kind())
            {
                case EvidenceKind.Strace:
                    histories.Add(ReadStrace(file, facts, options, observe, out bool complete));
                    whole &= complete;
                    break;
                case EvidenceKind.Perf:
                    histories.Add(Track(FactSource.Perf, facts, options, observe, sink => { using Stream s = file.Open(); PerfText.Read(s, file.Name, sink); }));
                    break;
                case EvidenceKind.Facts:
                    histories.AddRange(ReadFacts(file, facts, options, own, gaps, observe));
                    break;
                case EvidenceKind.Nettrace:
                    events.AddRange(ReadTrace(file, gaps, observe, wholeTraces));
                    break;
                default:
                    if (manifest is null)
                        throw new EvidenceException($"{path}: not an strace log, perf script text, fact file, .nettrace file or bundle");
                    gaps.Add(new("a file of unknown content", file.Name));
                    break;
            }
        }

        if (histories.Count == 0 && own.Count == 0 && events.Count == 0 && gaps.Count == 0)
            throw new EvidenceException($"{path}: there is no evidence in it");
        return Conclude(facts, manifest is not null, options, histories, own, events, wholeTraces, gaps, whole);
    }

    private static Report Conclude(Manifest manifest, bool isBundle, AuditOptions options, List<History> histories, List<Fact> own, List<AppEvent> events, HashSet<int> wholeTraces, List<Gap> gaps, bool whole)
    {
        // In the order of what they see: strace sees all; the connector every birth and end; perf what the others confirm.
        histories.Sort(static (a, b) => Rank(a.Source) - Rank(b.Source));
        History story = histories.Count > 0 ? histories[0] : new History(FactSource.Proc);
        story.Sums.CountsBirths = histories.Count > 0;
        story.Sums.CountsReaps = story.SeesReaps;
        if (histories.Count == 0 && own.Count > 0)
            AddRoot(story, manifest, own);
        Merger merger = new(story);
        if (story.Root is { } root && manifest.Title.Length > 0)
            root.Command = manifest.Title;
        foreach (History witness in histories.Skip(1))
            merger.AddWitness(witness);
        foreach (Fact fact in own.Where(f => !(f.Time > options.Until)).OrderBy(static f => f.Time).ThenBy(static f => f.Sequence))
        {
            story.First = Math.Min(story.First, fact.Time);
            story.Last = Math.Max(story.Last, fact.Time);
            story.Facts++;
            merger.AddOwn(fact);
        }

        foreach (Gap gap in gaps)
            story.Miss(gap.Reason, gap.Reference);
        if (histories.Count == 0 && own.Count == 0)
            story.Miss("events of the program itself explain, but prove nothing alone");
        CheckSources(manifest, isBundle, story, histories, own, events);
        new ProcessRules(story, merger.RootExit, options) { EvidenceIsWhole = whole }.Judge();
        foreach (IGrouping<int, AppEvent> process in events.GroupBy(static e => e.ProcessId))
            new AppRules(story).Judge(process.OrderBy(static e => e.Time), wholeTraces.Contains(process.Key));
        Weigh(story, options);
        return new Report
        {
            Story = story,
            Manifest = manifest,
            Options = options,
            Findings = Sorted(story),
            Sources = isBundle ? manifest.Sources : [.. histories.Select(static h => FactNames.Of(h.Source)), .. own.Select(static f => FactNames.Of(f.Source)).Distinct(), .. events.Count > 0 ? ["app"] : Array.Empty<string>()],
            RootExit = merger.RootExit ?? story.Root?.Exited,
            AppEvents = events,
        };
    }

    /// <summary>Without a source that sees births, the root is known by its id alone: a short one is never looked at.</summary>
    private static void AddRoot(History story, Manifest manifest, List<Fact> own)
    {
        int pid = manifest.RootPid > 0 ? manifest.RootPid : (own.Find(static f => f.Kind == FactKind.RootExit) ?? own[0]).Pid;
        story.Root = new ProcessLife(new(pid, own.Min(static f => f.Time)));
        story.Lives.Add(story.Root);
        story.Sums.Created++;
    }

    private static int Rank(FactSource source) => source switch { FactSource.Strace => 0, FactSource.Connector => 1, _ => 2 };

    /// <summary>A source that is said to have been at work and left nothing has vanished.</summary>
    private static void CheckSources(Manifest manifest, bool isBundle, History story, List<History> histories, List<Fact> own, List<AppEvent> events)
    {
        if (!isBundle)
            return;
        HashSet<string> present = [.. histories.Select(static h => FactNames.Of(h.Source)), .. own.Select(static f => FactNames.Of(f.Source))];
        foreach (string source in manifest.Sources)
        {
            if (source is not ("app" or "proc") && !present.Contains(source))
                story.Miss($"source {source} was at work, but its evidence is not in the bundle");
        }

        const long ClockStep = 1_000_000;
        if (histories.Exists(static h => h.Source == FactSource.Strace) && Math.Abs(manifest.ClockOffsetAfter - manifest.ClockOffsetBefore) > ClockStep)
            story.Miss("the clock was set during the run: times of strace cannot be compared");
    }

    /// <summary>What of the findings fails, and what is allowed.</summary>
    internal static void Weigh(History story, AuditOptions options)
    {
        foreach (Finding finding in story.Findings)
        {
            if (finding.Severity != Severity.Note && options.FailOn.Contains(finding.Rule))
                finding.Severity = Severity.Error;
            finding.Allowed = options.Allowed.Concat(Allowance.Shipped).FirstOrDefault(a => a.Covers(finding))?.Reason;
        }
    }

    private static List<Finding> Sorted(History story)
    {
        if (story.MoreFindings > 0)
            story.Miss($"{story.MoreFindings} more findings are left out");
        return [.. story.Findings.OrderByDescending(static f => f.Severity).ThenBy(static f => f.Rule.Id, StringComparer.Ordinal).ThenBy(static f => f.Time)];
    }

    private static Tracker NewTracker(FactSource source, Manifest manifest, AuditOptions options) => new(source, options)
    {
        RootPid = manifest.RootPid,
        ChildSignalIgnored = manifest.ChildSignalIgnored,
        RootExecs = source != FactSource.Strace && manifest.Sources.Contains("strace") ? 2 : 1,
    };

    private static History Track(FactSource source, Manifest manifest, AuditOptions options, Observer? observe, Action<Action<Fact>> read)
    {
        Tracker tracker = NewTracker(source, manifest, options);
        read(fact =>
        {
            observe?.Invoke(fact);
            tracker.Add(fact);
        });
        return tracker.Finish();
    }

    private static History ReadStrace(EvidenceFile file, Manifest manifest, AuditOptions options, Observer? observe, out bool whole)
    {
        bool complete = true;
        History history = Track(FactSource.Strace, manifest, options, observe, sink =>
        {
            using StraceLog log = new(file.Open());
            StraceFacts facts = new(file.Name, manifest.ClockOffsetBefore, sink);
            foreach (StraceRecord record in log.Read())
                facts.Add(record);
            if (log.EndsWithinLine)
                Lose("the log ends within a line");
            if (log.Lines > 0 && !log.HasIds)
                Lose("the log has no thread ids: it was written without -f");
            if (log.Lines > 0 && !log.HasTimes)
                Lose("the log has no times: use --absolute-timestamps=format:unix,precision:ns");

            void Lose(string why)
            {
                complete &= !log.EndsWithinLine && log.HasIds;
                sink(new Fact { Source = FactSource.Strace, Kind = FactKind.Gap, Text = why, File = file.Name, Line = log.Lines });
            }
        });
        whole = complete;
        return history;
    }

    private static List<History> ReadFacts(EvidenceFile file, Manifest manifest, AuditOptions options, List<Fact> own, List<Gap> gaps, Observer? observe)
    {
        Dictionary<FactSource, Tracker> trackers = [];
        using BoundedLines lines = new(file.Open());
        while (lines.Next() is { } line)
        {
            if (lines.EndsWithinLine && line.Length > 0)
            {
                gaps.Add(new("the file ends within a line", $"{file.Name}:{lines.Number}"));
                break;
            }

            if (line.Length == 0)
                continue;
            // The bytes were read one by one; JSON is UTF-8.
            string text = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(line));
            if (FactJson.Parse(text, file.Name, lines.Number) is not { } fact)
            {
                gaps.Add(new("not a fact", $"{file.Name}:{lines.Number}"));
                if (gaps.Count > 1000)
                    break;
                continue;
            }

            observe?.Invoke(fact);
            if (fact.Source is FactSource.Sub or FactSource.Proc)
                own.Add(fact);
            else if (fact.Source != FactSource.App)
            {
                if (!trackers.TryGetValue(fact.Source, out Tracker? tracker))
                    trackers[fact.Source] = tracker = NewTracker(fact.Source, manifest, options);
                tracker.Add(fact);
            }
        }

        if (lines.Dropped > 0)
            gaps.Add(new($"{lines.Dropped} lines are too long", file.Name));
        return [.. trackers.Values.Select(static t => t.Finish())];
    }

    private static List<AppEvent> ReadTrace(EvidenceFile file, List<Gap> gaps, Observer? observe, HashSet<int> whole)
    {
        NettraceReader reader = new();
        using (BufferedStream stream = new(file.Open(), 1 << 16))
            reader.Read(stream);
        foreach (string gap in reader.Gaps)
            gaps.Add(new(gap, file.Name));
        if (reader.ReachedEnd && reader.Lost == 0)
            whole.UnionWith(reader.Events.Select(static e => e.ProcessId));
        long sequence = 0;
        foreach (AppEvent e in reader.Events)
            observe?.Invoke(new Fact { Time = e.Time, Source = FactSource.App, Sequence = sequence++, Pid = e.ProcessId, Tid = (int)e.ThreadId, Kind = FactKind.App, Number = e.EventId, Text = e.Name, Key = e.Provider, File = file.Name, Line = sequence });
        return reader.Events;
    }
}

/// <summary>Evidence that cannot be read at all.</summary>
internal sealed class EvidenceException : Exception
{
    public EvidenceException() { }

    public EvidenceException(string message) : base(message) { }

    public EvidenceException(string message, Exception inner) : base(message, inner) { }
}
