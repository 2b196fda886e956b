using System.Text;
using ChildProc.Tool.Audit;

namespace ChildProc.Tool.Formats;

/// <summary>A summary for a step of a CI, or a comment.</summary>
internal static class MarkdownFormat
{
    internal static void Write(TextWriter writer, Report report)
    {
        writer.WriteLine($"## childproc: {JsonFormat.VerdictName(report.Verdict)}");
        writer.WriteLine();
        writer.WriteLine(Escape(TextFormat.Outcome(report).TrimStart(':', ' ')));
        writer.WriteLine();
        if (report.Findings.Count > 0)
        {
            writer.WriteLine("| | rule | finding | evidence |");
            writer.WriteLine("|---|---|---|---|");
            foreach (Finding finding in report.Findings)
                writer.WriteLine($"| {(finding.Allowed is not null ? "allowed" : JsonFormat.SeverityName(finding.Severity))} | {finding.Rule.Id} {finding.Rule.Title} | {Escape(finding.Message)} | {Escape(string.Join(", ", finding.References.Where(static r => r.Length > 0)))} |");
            writer.WriteLine();
        }

        foreach (Gap gap in report.Gaps)
            writer.WriteLine($"- evidence lost: {Escape($"{gap.Reason} {gap.Reference}")}");
        foreach (string line in report.Story.Sums.Lines())
            writer.WriteLine($"- {line}");
        writer.WriteLine($"- {report.LostEvidence} pieces of evidence lost; sources: {string.Join(", ", report.Sources)}");
    }

    /// <summary>Nothing of it is markup, or the end of a table cell.</summary>
    private static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length + 16);
        foreach (char c in Plain.Text(text))
        {
            if (c is '<' or '>' or '&')
                escaped.Append(System.Globalization.CultureInfo.InvariantCulture, $"&#{(int)c};");
            else if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '|' or '#' or '!' or '~' or '@')
                escaped.Append('\\').Append(c);
            else
                escaped.Append(c);
        }

        return escaped.ToString();
    }
}
