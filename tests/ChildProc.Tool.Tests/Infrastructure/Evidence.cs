using ChildProc.Tool.Audit;

namespace ChildProc.Tool.Tests.Infrastructure;

/// <summary>Golden files and texts, judged within the test process.</summary>
internal static class Evidence
{
    internal static readonly AuditOptions All = new() { FailOn = Rule.All, Settle = TimeSpan.FromSeconds(1) };

    internal static Report Golden(string name) => Auditor.Audit(Paths.Golden(name), All);

    internal static Report OfStrace(string log)
    {
        using TempDirectory directory = new();
        string path = directory["log.strace"];
        File.WriteAllText(path, log);
        return Auditor.Audit(path, All);
    }

    internal static string[] Rules(Report report) => [.. report.Findings.Where(static f => f.Severity == Severity.Error).Select(static f => f.Rule.Id).Distinct()];
}
