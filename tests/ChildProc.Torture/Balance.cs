using ChildProc.Testing;

namespace ChildProc.Torture;

/// <summary>When all is over: every child is accounted for, and nothing is left.</summary>
internal static class Balance
{
    internal static async Task<List<string>> OpenItemsAsync(Run run, LeakCheck check)
    {
        List<string> open = [];
        for (int i = 0; i < 3000 && ChildProcessDiagnostics.Counts.Finalized < run.Dropped; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(10);
        }

        LeakReport report = await check.InspectAsync();
        foreach (Leak leak in report.Leaks.Where(static leak => leak.Kind != LeakKind.Undisposed || !leak.What.StartsWith("child, dropped", StringComparison.Ordinal)))
        {
            open.Add(leak.ToString());
        }

        open.AddRange(report.NotChecked);
        ChildProcessCounts counts = ChildProcessDiagnostics.Counts;
        if ((counts.Finalized, counts.Disposed + counts.Finalized) != (run.Dropped, counts.Started))
        {
            open.Add($"{counts}, and {run.Dropped} were dropped");
        }

        if (counts.Exited != counts.Started)
        {
            open.Add($"{counts}: not every child has ended");
        }

        open.AddRange(Processes.Marked(run.Mark).Select(static p => "left: " + p));
        foreach (int host in run.KilledHosts)
        {
            open.AddRange(Processes.KeepersOf(host).Select(k => $"keeper of the killed host {host}: {k}"));
        }

        List<(int Pid, string Name)> guardians = Processes.KeepersOf(Environment.ProcessId).FindAll(static k => k.Name == "childproc-guard");
        if (guardians.Count > 1)
        {
            open.Add($"{guardians.Count} guardians of one host");
        }

        return open;
    }
}
