using System.Reflection;
using System.Text.Json;
using ChildProc.Tool.Audit;

namespace ChildProc.Tool.Formats;

/// <summary>
/// SARIF 2.1.0 (OASIS, 2020), for code scanning: findings that have a line of source. The others have no place in it, and are
/// told in the notifications of the run, as lost evidence is.
/// </summary>
internal static class SarifFormat
{
    internal static void Write(Stream stream, Report report)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        json.WriteString("version", "2.1.0");
        json.WriteStartArray("runs");
        json.WriteStartObject();
        WriteTool(json);
        WriteInvocation(json, report);
        json.WriteStartArray("results");
        foreach (Finding finding in report.Findings.Where(static f => f.Source is not null))
            WriteResult(json, finding, finding.Source!);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTool(Utf8JsonWriter json)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "childproc");
        json.WriteString("semanticVersion", typeof(SarifFormat).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");
        json.WriteStartArray("rules");
        foreach (Rule rule in Rule.All)
        {
            json.WriteStartObject();
            json.WriteString("id", rule.Id);
            json.WriteString("name", rule.Kind);
            WriteText(json, "shortDescription", rule.Title);
            WriteText(json, "help", rule.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteInvocation(Utf8JsonWriter json, Report report)
    {
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteBoolean("executionSuccessful", report.Verdict != Verdict.Inconclusive);
        json.WriteStartArray("toolExecutionNotifications");
        foreach (Finding finding in report.Findings.Where(static f => f.Source is null))
            WriteNotification(json, Level(finding), $"{finding.Rule.Id} {finding.Message}");
        foreach (Gap gap in report.Gaps)
            WriteNotification(json, "warning", $"{Rule.EvidenceLoss.Id} {gap.Reason} {gap.Reference}".TrimEnd());
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteNotification(Utf8JsonWriter json, string level, string text)
    {
        json.WriteStartObject();
        json.WriteString("level", level);
        WriteText(json, "message", text);
        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, Finding finding, SourceLine source)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", finding.Rule.Id);
        json.WriteString("level", Level(finding));
        WriteText(json, "message", $"{finding.Message}. {finding.Rule.Remedy}");
        json.WriteStartArray("locations");
        json.WriteStartObject();
        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        string file = source.RelativeFile();
        json.WriteString("uri", Path.IsPathRooted(file) ? new Uri(file).AbsoluteUri : Uri.EscapeDataString(file).Replace("%2F", "/", StringComparison.Ordinal));
        json.WriteEndObject();
        json.WriteStartObject("region");
        json.WriteNumber("startLine", source.Line);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        if (finding.Allowed is { } reason)
        {
            json.WriteStartArray("suppressions");
            json.WriteStartObject();
            json.WriteString("kind", "external");
            json.WriteString("justification", Plain.Text(reason));
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", Plain.Text(text));
        json.WriteEndObject();
    }

    private static string Level(Finding finding) => finding.Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "note" };
}
