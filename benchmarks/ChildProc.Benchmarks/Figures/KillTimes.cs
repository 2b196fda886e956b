using System.Diagnostics;

namespace ChildProc.Benchmarks;

/// <summary>How long from Kill until a tree is verified to be empty, and is anybody left?</summary>
internal static class KillTimes
{
    private const int Times = 5;
    private const string Variable = "CHILDPROC_FIGURES";

    internal static async Task MeasureAsync(Figures figures)
    {
        await TreeAsync(figures, "a tree of 1,000, ten of them daemons", ["flat", "1000", "10"], "≤ 200 ms");
        await TreeAsync(figures, "a tree of 4,000, ten of them daemons", ["flat", "4000", "10"], "≤ 1 s");
        await TreeAsync(figures, "a fork bomb of 500", ["fork-bomb", "500"], "≤ 2 s");
    }

    private static async Task TreeAsync(Figures figures, string what, string[] words, string goal)
    {
        List<double> times = [];
        int left = 0;
        for (int i = 0; i < Times; i++)
        {
            string marker = $"{Guid.NewGuid():N}";
            ChildProcessStartInfo info = new(Target.Program, words)
            {
                StandardOutput = ChildStdio.Pipe,
                Environment = new Dictionary<string, string?> { [Variable] = marker },
            };
            await using IChildProcess tree = await ChildProcess.StartAsync(info);
            using (StreamReader reader = new(tree.StandardOutput.AsStream(leaveOpen: true)))
            {
                await reader.ReadLineAsync(); // all are there
            }

            long began = Stopwatch.GetTimestamp();
            tree.Kill();
            await tree.WaitForTreeAsync();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            left += Proc.With("environ", $"{Variable}={marker}").Count;
        }

        figures.Add($"kill of {what}, until verified empty: worst of {Times}", $"{Figures.Quantile(times, 1):0} ms, {left} left", $"{goal}, 0 left");
    }
}
