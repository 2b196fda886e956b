using ChildProc.Tool.Audit;

namespace ChildProc.Tool.Formats;

/// <summary>Workflow commands of GitHub Actions, one for each finding.</summary>
internal static class GitHubFormat
{
    internal static void Write(TextWriter writer, Report report)
    {
        foreach (Finding finding in report.Findings.Where(static f => f.Allowed is null))
        {
            string level = finding.Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "notice" };
            string place = finding.Source is { } source ? $"file={Property(source.RelativeFile())},line={source.Line}," : "";
            writer.WriteLine($"::{level} {place}title={Property($"{finding.Rule.Id} {finding.Rule.Title}")}::{Data($"{finding.Message}. {finding.Rule.Remedy}")}");
        }

        foreach (Gap gap in report.Gaps)
            writer.WriteLine($"::warning title={Property("CPL090 evidence lost")}::{Data($"{gap.Reason} {gap.Reference}")}");
    }

    private static string Data(string text) => text.Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
