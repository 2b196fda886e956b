namespace ChildProc.Testing.Tests.Infrastructure;

/// <summary>Checks with a short patience, for those that are to find something.</summary>
internal static class Checks
{
    internal static LeakCheck Begin() => LeakCheck.Begin(static o => o.Settle = TimeSpan.FromMilliseconds(200));

    /// <summary>The one leak that there is.</summary>
    internal static async Task<Leak> SingleAsync(this LeakCheck check, LeakKind kind)
    {
        LeakReport report = await check.InspectAsync();
        Assert.True(report.Leaks.Count == 1 && report.Leaks[0].Kind == kind, report.ToString());
        return report.Leaks[0];
    }

    internal static async Task CleanAsync(this LeakCheck check)
    {
        LeakReport report = await check.InspectAsync();
        Assert.True(report.IsClean && report.NotChecked.Count == 0, report.ToString());
    }
}
