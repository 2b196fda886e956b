using ChildProc.Tool.Audit;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Formats;

/// <summary>The report for people: verdict first, then findings with their culprits, then the sums.</summary>
internal sealed class TextFormat(Paint paint, bool verbose)
{
    private const int MostFindings = 50, MostGaps = 10;

    internal void Write(TextWriter writer, Report report)
    {
        string verdict = report.Verdict switch
        {
            Verdict.Leak => paint.Red("LEAK"),
            Verdict.Inconclusive => paint.Yellow("inconclusive"),
            _ => paint.Green("clean"),
        };
        writer.WriteLine($"childproc: {verdict}{Outcome(report)}");
        List<Finding> shown = [.. report.Findings.Where(f => verbose || (f.Severity != Severity.Note && f.Allowed is null))];
        foreach (Finding finding in shown.Take(MostFindings))
            Write(writer, report, finding);
        if (shown.Count > MostFindings)
            writer.WriteLine($"  … and {shown.Count - MostFindings} more findings");
        int notes = report.Findings.Count(static f => f.Severity == Severity.Note && f.Allowed is null), allowed = report.Findings.Count(static f => f.Allowed is not null);
        if (!verbose && notes + allowed > 0)
            writer.WriteLine(paint.Faint($"  {notes} notes and {allowed} allowed findings: -v shows them"));
        foreach (Gap gap in report.Gaps.Take(MostGaps))
            writer.WriteLine($"  {paint.Yellow(gap.IsConflict ? "conflict" : "evidence lost")} CPL090: {Plain.Text(gap.Reason)}{(gap.Reference.Length > 0 ? $" [{Plain.Text(gap.Reference)}]" : "")}");
        if (report.LostEvidence > MostGaps)
            writer.WriteLine($"  … and {report.LostEvidence - MostGaps} more");
        if (verbose || shown.Count > 0)
            TreeText.Write(writer, report, new TreeOptions { Most = verbose ? int.MaxValue : 30 });
        foreach (string line in report.Story.Sums.Lines())
            writer.WriteLine($"  {line}");
        writer.WriteLine($"  {report.LostEvidence} pieces of evidence lost; sources: {string.Join(", ", report.Sources)}");
        if (!report.Story.Sums.ProcessesBalance || !report.Story.Sums.DescriptorsBalance)
            writer.WriteLine($"  {paint.Yellow("the sums do not hold")}: evidence is missing");
        foreach ((string source, string why) in verbose ? report.Manifest.Unavailable : new Dictionary<string, string>())
            writer.WriteLine(paint.Faint($"  without {source}: {why}"));
    }

    internal static string Outcome(Report report)
    {
        string title = Plain.Text(Plain.Short(report.Manifest.Title.Length > 0 ? report.Manifest.Title : report.Story.Root?.Title ?? ""));
        if (title.Length == 0)
            return "";
        string how = report.Manifest.ExitSignal is { } signal ? $" was killed by {SignalNames.Of(signal)}"
            : report.Manifest.ExitCode is { } code ? $" exited with {code}"
            : report.Story.Root is { } root ? $" {(root.Exited is null ? "has no exit" : root.Outcome)}" : "";
        return $": {title}{how}{(report.Manifest.TimedOut ? ", out of time" : "")}";
    }

    private void Write(TextWriter writer, Report report, Finding finding)
    {
        string level = finding.Allowed is not null ? paint.Faint("allowed") : finding.Severity switch
        {
            Severity.Error => paint.Red("error"),
            Severity.Warning => paint.Yellow("warning"),
            _ => paint.Faint("note"),
        };
        writer.WriteLine($"  {level} {finding.Rule.Id} {finding.Rule.Title}: {Plain.Text(finding.Message)}");
        string references = string.Join(", ", finding.References.Where(static r => r.Length > 0));
        writer.WriteLine(paint.Faint($"    at +{Durations.Text(finding.Time - report.Start)}{(references.Length > 0 ? $"; evidence: {Plain.Text(references)}" : "")}"));
        if (finding.Allowed is not null)
            writer.WriteLine(paint.Faint($"    allowed: {Plain.Text(finding.Allowed)}"));
        else
            writer.WriteLine($"    {finding.Rule.Remedy}");
    }
}
