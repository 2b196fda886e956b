using System.Runtime.CompilerServices;
using ChildProc;

/// <summary>What the ledger counts in a process where nobody else starts anything.</summary>
internal static class LedgerCounts
{
    internal static async Task<int> RunAsync(string puppet)
    {
        PreparedCommand ends = ChildProcess.Prepare(new ChildProcessStartInfo(puppet, "exit", "0"));
        for (int i = 0; i < 5; i++)
        {
            using IChildProcess child = ends.Start();
            child.WaitForExit();
        }

        Drop(ends);
        try
        {
            ChildProcess.Start(new ChildProcessStartInfo("/nonexistent")).Dispose();
        }
        catch (ChildProcessStartException)
        {
            // a failing start counts nowhere
        }

        await using IChildProcess kept = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "pause"));
        for (int i = 0; i < 3000 && ChildProcessDiagnostics.Counts.Finalized < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(10);
        }

        ChildProcessCounts counts = ChildProcessDiagnostics.Counts;
        Console.WriteLine($"{counts.Started} started, {counts.Exited} exited, {counts.Disposed} disposed, {counts.Finalized} finalized, "
            + $"{ChildProcessDiagnostics.GetChildren().Count} owned, {ChildProcessDiagnostics.GetDropped().Count} dropped, "
            + $"{ChildProcessDiagnostics.GetChildren().Concat(ChildProcessDiagnostics.GetDropped()).Count(static e => e.StartStack is not null)} stacks");
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(PreparedCommand command)
    {
        for (int i = 0; i < 3; i++)
        {
            command.Start().WaitForExit();
        }
    }
}
