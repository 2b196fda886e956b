using System.Text;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Model;
using ChildProc.Tool.Sources;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Sources;

public class EvidenceFilesTests
{
    [Fact]
    public void The_events_of_a_trace_are_read_with_their_times()
    {
        NettraceReader reader = new();
        reader.Read(new MemoryStream(File.ReadAllBytes(Paths.Golden("events.nettrace"))));
        Assert.Empty(reader.Gaps);
        Assert.True(reader.ReachedEnd);
        Assert.Equal(50, reader.Events.Count(static e => e.Provider == "ChildProc" && e.Name == "Tick" && e.EventId == 1));
        Assert.Equal(reader.Events.Select(static e => e.Time).Order(), reader.Events.Select(static e => e.Time));
    }

    [Fact]
    public void A_trace_that_is_cut_off_gives_what_it_has_and_says_so()
    {
        byte[] whole = File.ReadAllBytes(Paths.Golden("events.nettrace"));
        for (int length = 0; length < whole.Length; length++)
        {
            NettraceReader reader = new();
            reader.Read(new MemoryStream(whole, 0, length));
            Assert.NotEmpty(reader.Gaps);
            Assert.False(reader.ReachedEnd);
        }
    }

    [Fact]
    public void Text_of_perf_tells_births_and_ends()
    {
        Report report = Evidence.Golden("perf.txt");
        Assert.Equal(0, report.LostEvidence);
        Assert.Equal(1, report.Story.Sums.Created);
    }

    [Fact]
    public void A_command_name_may_hold_what_looks_like_fields()
    {
        List<Fact> facts = [];
        PerfText.Read(new MemoryStream(Encoding.ASCII.GetBytes("1/1 5.000000001: task:task_newtask: pid=9 comm=x clone_flags=0 clone_flags=10f00 oom_score_adj=0\n")), "perf.txt", facts.Add);
        Fact fact = Assert.Single(facts);
        Assert.Equal((FactKind.TaskNew, 9, 5_000_000_001L, true), (fact.Kind, fact.Other, fact.Time, fact.Has(FactFlags.Thread)));
    }

    [Fact]
    public void A_fact_is_the_same_after_a_round_trip()
    {
        Fact fact = new() { Time = 5, Source = FactSource.Strace, Sequence = 7, Pid = 1, Tid = 2, Kind = FactKind.FdDup, Other = 3, Fd = 4, Fd2 = 5, Number = 6, Flags = FactFlags.Placed, Text = "a\"<>é", Key = "k" };
        Fact back = FactJson.Parse(FactJson.ToLine(fact), "f", 1)!;
        Assert.Equal(FactJson.ToLine(fact), FactJson.ToLine(new Fact { Time = back.Time, Source = back.Source, Sequence = back.Sequence, Pid = back.Pid, Tid = back.Tid, Kind = back.Kind, Other = back.Other, Fd = back.Fd, Fd2 = back.Fd2, Number = back.Number, Flags = back.Flags, Text = back.Text, Key = back.Key }));
    }

    [Fact]
    public void Two_witnesses_that_disagree_are_both_not_believed()
    {
        using TempDirectory directory = new();
        Directory.CreateDirectory(directory["b"]);
        foreach (string file in Directory.EnumerateFiles(Paths.Golden("zombie-bundle")))
            File.Copy(file, Path.Combine(directory["b"], Path.GetFileName(file)));
        string connector = Path.Combine(directory["b"], "cn.ndjson");
        File.WriteAllText(connector, File.ReadAllText(connector).Replace("\"number\":7", "\"number\":8", StringComparison.Ordinal));
        Report report = Auditor.Audit(directory["b"], new AuditOptions { FailOn = [] });
        Assert.Equal(Verdict.Inconclusive, report.Verdict);
        Assert.Contains(report.Gaps, static g => g.IsConflict);
    }
}
