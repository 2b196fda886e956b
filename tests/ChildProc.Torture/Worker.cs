using System.Diagnostics;
using ChildProc.Torture.Operations;

namespace ChildProc.Torture;

/// <summary>Does one operation after the other until the time is over or something is wrong.</summary>
internal static class Worker
{
    /// <summary>No operation takes that long, unless it hangs.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(180);

    internal static async Task RunAsync(Run run, int worker, long end)
    {
        Random random = new(run.Options.Seed + worker);
        for (int number = 0; Stopwatch.GetTimestamp() < end && run.Wrong.IsEmpty; number++)
        {
            Operation operation = Operation.Choose(random, run.Options.Only);
            Step step = new(run, worker, number, operation.Name);
            try
            {
                await Task.Run(() => operation.RunAsync(step)).WaitAsync(s_longest);
                run.Done.AddOrUpdate(operation.Name, 1, static (_, n) => n + 1);
            }
            catch (TimeoutException)
            {
                run.Wrong.Enqueue($"{step}: hangs\n{string.Join('\n', ChildProcessDiagnostics.GetChildren())}");
            }
            catch (Exception e)
            {
                run.Wrong.Enqueue($"{step}: {e}");
            }
        }
    }
}
