using System.Text;
using System.Text.Json;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Formats;

/// <summary>
/// One self-contained HTML page with a lane for each process. The data is JSON in which every character that HTML knows is
/// escaped, and the page puts it in as text only: nothing of what is shown is ever markup.
/// </summary>
internal static class HtmlFormat
{
    private const int MostLanes = 5_000;

    internal static void Write(TextWriter writer, Report report)
    {
        string page = Resource("timeline.html");
        writer.Write(page
            .Replace("/*style*/", Resource("timeline.css"), StringComparison.Ordinal)
            .Replace("/*script*/", Resource("timeline.js"), StringComparison.Ordinal)
            .Replace("/*data*/", Data(report), StringComparison.Ordinal));
    }

    private static string Resource(string name)
    {
        using StreamReader reader = new(typeof(HtmlFormat).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string Data(Report report)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer)) // the default encoder escapes < > & ' and everything beyond ASCII
        {
            List<ProcessLife> lives = [.. Lanes.Order(report).Take(MostLanes)];
            Dictionary<ProcessLife, int> numbers = [];
            foreach (ProcessLife life in lives)
                numbers[life] = numbers.Count;
            json.WriteStartObject();
            json.WriteString("verdict", JsonFormat.VerdictName(report.Verdict));
            json.WriteString("title", TextFormat.Outcome(report).TrimStart(':', ' '));
            Time(json, "end", report.End - report.Start);
            Time(json, "rootExit", report.RootExit - report.Start);
            json.WriteNumber("left", report.Story.Lives.Count(static l => !l.IsHelper) - lives.Count);
            json.WriteStartArray("sums");
            foreach (string line in report.Story.Sums.Lines().Append($"{report.LostEvidence} pieces of evidence lost; sources: {string.Join(", ", report.Sources)}"))
                json.WriteStringValue(line);
            json.WriteEndArray();
            json.WriteStartArray("processes");
            foreach (ProcessLife life in lives)
                Process(json, life, report);
            json.WriteEndArray();
            Pipes(json, report, numbers);
            Findings(json, report, numbers);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Process(Utf8JsonWriter json, ProcessLife life, Report report)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", life.Pid);
        json.WriteString("command", life.Title);
        json.WriteNumber("depth", Lanes.Depth(life));
        Time(json, "from", life.Id.FirstSeen - report.Start);
        Time(json, "to", life.Ended - report.Start);
        Time(json, "zombieTo", Lanes.ZombieEnd(life, report) - report.Start);
        json.WriteBoolean("leaked", life.Survived);
        json.WriteString("fate", TreeText.Fate(life, report));
        json.WriteStartArray("refs");
        foreach (string reference in life.References())
            json.WriteStringValue(reference);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Pipes(Utf8JsonWriter json, Report report, Dictionary<ProcessLife, int> numbers)
    {
        json.WriteStartArray("pipes");
        foreach (Pipe pipe in report.Story.Pipes)
        {
            int[] lanes = [.. pipe.Holders.Where(numbers.ContainsKey).Select(h => numbers[h])];
            if (lanes.Length == 0)
                continue;
            json.WriteStartObject();
            json.WriteString("key", pipe.Key);
            Time(json, "from", pipe.Opened - report.Start);
            Time(json, "to", pipe.Ended - report.Start);
            json.WriteString("ref", pipe.Reference);
            json.WriteStartArray("lanes");
            foreach (int lane in lanes)
                json.WriteNumberValue(lane);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Findings(Utf8JsonWriter json, Report report, Dictionary<ProcessLife, int> numbers)
    {
        json.WriteStartArray("findings");
        foreach (Finding finding in report.Findings.Take(1000))
        {
            json.WriteStartObject();
            json.WriteString("rule", $"{finding.Rule.Id} {finding.Rule.Title}");
            json.WriteString("severity", finding.Allowed is not null ? "allowed" : JsonFormat.SeverityName(finding.Severity));
            json.WriteString("message", finding.Message);
            Time(json, "at", finding.Time - report.Start);
            json.WriteString("refs", string.Join(", ", finding.References.Where(static r => r.Length > 0)));
            if (finding.Process is { } process && numbers.TryGetValue(process, out int lane))
                json.WriteNumber("lane", lane);
            json.WriteEndObject();
        }

        foreach (Gap gap in report.Gaps)
        {
            json.WriteStartObject();
            json.WriteString("rule", "CPL090 evidence lost");
            json.WriteString("severity", "warning");
            json.WriteString("message", gap.Reason);
            json.WriteString("refs", gap.Reference);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Milliseconds: a double holds them to the nanosecond for any run.</summary>
    private static void Time(Utf8JsonWriter json, string name, long? nanoseconds)
    {
        if (nanoseconds is { } value)
            json.WriteNumber(name, value / 1e6);
    }
}
