using System.Diagnostics;
using ChildProc.Interop;

namespace ChildProc.Benchmarks;

/// <summary>What does a supervisor hold, and how fast does the pool follow a burst and let go of it?</summary>
internal static class SupervisorMemory
{
    private const int Burst = 200;

    internal static async Task MeasureAsync(Figures figures)
    {
        (await ChildProcess.RunAsync(Target.Info)).EnsureSuccess();
        await Task.Delay(500); // the rest of the pool
        List<int> idle = Proc.SupervisorsHere();
        figures.Add($"unshared memory of an idle supervisor, mean of {idle.Count}", $"{idle.Average(Proc.UnsharedKilobytes):0} KB", "≤ 150 KB");

        PreparedCommand pause = ChildProcess.Prepare(new ChildProcessStartInfo(Target.Program, "pause"));
        List<double> starts = [];
        long began = Stopwatch.GetTimestamp();
        IChildProcess[] children = await Task.WhenAll(Enumerable.Range(0, Burst).Select(_ => Task.Run(async () =>
        {
            long asked = Stopwatch.GetTimestamp();
            IChildProcess child = await pause.StartAsync();
            lock (starts)
            {
                starts.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }

            return child;
        })));
        double all = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        figures.Add($"{Burst} starts at once, with {idle.Count} supervisors idle", $"{all:0} ms in all, the slowest start {Figures.Quantile(starts, 1):0} ms", "no stall");

        HashSet<int> held = [.. children.Select(static child => ProcStat.Read(child.Id)!.Value.Parent)];
        figures.Add($"unshared memory of a busy supervisor, mean of {held.Count}", $"{held.Average(Proc.UnsharedKilobytes):0} KB", "≤ 150 KB");

        await Task.WhenAll(children.Select(static child => child.DisposeAsync().AsTask()));
        began = Stopwatch.GetTimestamp();
        int most = Proc.SupervisorsHere().Count, now = most;
        while (now > 2 * idle.Count && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(3))
        {
            await Task.Delay(500);
            now = Proc.SupervisorsHere().Count;
        }

        figures.Add("supervisors right after a burst, and when it is forgotten", $"{most}, {now} after {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s", "shrinks");
    }
}
