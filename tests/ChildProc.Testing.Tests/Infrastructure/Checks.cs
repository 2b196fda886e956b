using System.Diagnostics;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Testing.Tests.Infrastructure;

internal static class Checks
{
    /// <summary>A check with a short patience, that is to find something.</summary>
    internal static LeakCheck Begin() => LeakCheck.Begin(static o => o.Settle = TimeSpan.FromMilliseconds(200));

    /// <summary>A check that is to find nothing: it is over as soon as that is so, and only a leak takes its time.</summary>
    internal static LeakCheck BeginPatient() => LeakCheck.Begin(static o => o.Settle = Eventually.Patience);

    /// <summary>The one leak that there is.</summary>
    internal static async Task<Leak> SingleAsync(this LeakCheck check, LeakKind kind)
        => (await check.ReportAsync(report => report.Leaks.Count == 1 && report.Leaks[0].Kind == kind)).Leaks[0];

    internal static async Task CleanAsync(this LeakCheck check) => await check.ReportAsync(static report => report.IsClean && report.NotChecked.Count == 0);

    /// <summary>The report when it is as it should be: the runtime, and a child that begins, are not done at once on a busy machine.</summary>
    internal static async Task<LeakReport> ReportAsync(this LeakCheck check, Predicate<LeakReport> isRight)
    {
        long began = Stopwatch.GetTimestamp();
        LeakReport report;
        while (!isRight(report = await check.InspectAsync()))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Eventually.Patience, report.ToString());
            await Task.Delay(10);
        }

        return report;
    }
}
