using System.Text.Json;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Formats;

/// <summary>The whole report as one JSON object. Its schema has a number; fields are added, never changed.</summary>
internal static class JsonFormat
{
    internal const int Schema = 1;

    internal static void Write(Stream stream, Report report)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("schema", Schema);
        json.WriteString("verdict", VerdictName(report.Verdict));
        json.WriteString("command", report.Manifest.Title.Length > 0 ? report.Manifest.Title : report.Story.Root?.Title ?? "");
        WriteExit(json, report);
        json.WriteBoolean("timedOut", report.Manifest.TimedOut);
        Strings(json, "sources", report.Sources);
        json.WriteStartObject("unavailable");
        foreach ((string source, string why) in report.Manifest.Unavailable)
            json.WriteString(source, why);
        json.WriteEndObject();
        json.WriteNumber("start", report.Start);
        WriteTime(json, "rootExit", report.RootExit);
        json.WriteStartArray("findings");
        foreach (Finding finding in report.Findings)
            WriteFinding(json, finding);
        json.WriteEndArray();
        json.WriteNumber("lostEvidence", report.LostEvidence);
        json.WriteStartArray("gaps");
        foreach (Gap gap in report.Gaps)
        {
            json.WriteStartObject();
            json.WriteString("reason", gap.Reason);
            json.WriteString("ref", gap.Reference);
            json.WriteBoolean("conflict", gap.IsConflict);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteSums(json, report.Story.Sums);
        json.WriteStartArray("processes");
        foreach (ProcessLife life in report.Story.Lives.Where(static l => !l.IsHelper))
            WriteLife(json, life, report);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static string VerdictName(Verdict verdict) => verdict switch { Verdict.Leak => "leak", Verdict.Inconclusive => "inconclusive", _ => "clean" };

    internal static string SeverityName(Severity severity) => severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "note" };

    private static void WriteExit(Utf8JsonWriter json, Report report)
    {
        int? signal = report.Manifest.ExitSignal, code = report.Manifest.ExitCode;
        if (signal is null && code is null && report.Story.Root is { Exited: not null } root)
            (code, signal) = root.BySignal ? ((int?)null, (int?)root.ExitCode) : (root.ExitCode, null);
        if (code is { } c)
            json.WriteNumber("exitCode", c);
        if (signal is { } s)
            json.WriteString("exitSignal", SignalNames.Of(s));
    }

    private static void WriteFinding(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("rule", finding.Rule.Id);
        json.WriteString("kind", finding.Rule.Kind);
        json.WriteString("severity", SeverityName(finding.Severity));
        json.WriteString("message", finding.Message);
        json.WriteNumber("pid", finding.Pid);
        json.WriteString("command", finding.Command);
        json.WriteNumber("time", finding.Time);
        if (finding.Allowed is not null)
            json.WriteString("allowed", finding.Allowed);
        Strings(json, "refs", finding.References.Where(static r => r.Length > 0));
        json.WriteString("remedy", finding.Rule.Remedy);
        json.WriteEndObject();
    }

    private static void WriteSums(Utf8JsonWriter json, Sums sums)
    {
        json.WriteStartObject("sums");
        json.WriteBoolean("countsBirths", sums.CountsBirths);
        json.WriteBoolean("countsReaps", sums.CountsReaps);
        json.WriteBoolean("countsDescriptors", sums.CountsDescriptors);
        json.WriteBoolean("hold", sums.ProcessesBalance && sums.DescriptorsBalance);
        json.WriteNumber("created", sums.Created);
        json.WriteNumber("reapedByParent", sums.ReapedByParent);
        json.WriteNumber("reapedByOther", sums.ReapedByOther);
        json.WriteNumber("zombies", sums.Zombies);
        json.WriteNumber("alive", sums.Alive);
        json.WriteNumber("opened", sums.Opened);
        json.WriteNumber("inherited", sums.Inherited);
        json.WriteNumber("closed", sums.Closed);
        json.WriteNumber("closedByExec", sums.ClosedByExec);
        json.WriteNumber("closedByExit", sums.ClosedByExit);
        json.WriteNumber("stillOpen", sums.StillOpen);
        json.WriteEndObject();
    }

    private static void WriteLife(Utf8JsonWriter json, ProcessLife life, Report report)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", life.Pid);
        json.WriteNumber("firstSeen", life.Id.FirstSeen);
        if (life.Parent is { } parent)
        {
            json.WriteNumber("parent", parent.Pid);
            json.WriteNumber("parentFirstSeen", parent.Id.FirstSeen);
        }

        json.WriteString("command", life.Title);
        WriteTime(json, "exited", life.Exited);
        if (life.Exited is not null)
            json.WriteString("outcome", life.Outcome);
        WriteTime(json, "reaped", life.Reaped);
        json.WriteBoolean("root", life == report.Story.Root);
        json.WriteBoolean("survived", life.Survived);
        json.WriteBoolean("killedByTool", life.KilledByTool);
        Strings(json, "witnesses", Enum.GetValues<FactSource>().Where(s => (life.BornBy & (1 << (int)s)) != 0).Select(static s => FactNames.Of(s)));
        Strings(json, "refs", life.References());
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, long? time)
    {
        if (time is { } t)
            json.WriteNumber(name, t);
    }

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
