using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ChildProc.Benchmarks;

/// <summary>What do 5,000 live children with piped output cost, and how soon is the exit of one of them known?</summary>
internal static partial class LiveChildren
{
    internal const int Count = 5000;
    private const int Exits = 500, Sigkill = 9;

    internal static async Task<List<IChildProcess>> StartAsync(int count)
    {
        PreparedCommand idle = ChildProcess.Prepare(new ChildProcessStartInfo(Target.Program, "pause") { StandardOutput = ChildStdio.Pipe });
        List<IChildProcess> living = new(count);
        for (int i = 0; i < count; i++)
        {
            living.Add(await idle.StartAsync());
        }

        return living;
    }

    internal static Task EndAsync(List<IChildProcess> living) => Task.WhenAll(living.ConvertAll(static child => child.DisposeAsync().AsTask()));

    internal static async Task MeasureAsync(Figures figures)
    {
        int threads = Process.GetCurrentProcess().Threads.Count;
        long memory = GC.GetTotalMemory(forceFullCollection: true);
        List<IChildProcess> living = await StartAsync(Count);
        await Task.Delay(2000); // the thread pool lets go of what the starts needed
        figures.Add($"managed memory of a live child with a pipe, of {Count}", $"{(GC.GetTotalMemory(forceFullCollection: true) - memory) / Count} B", "≤ 1 KB");
        figures.Add($"threads more with {Count} live children", $"{Process.GetCurrentProcess().Threads.Count - threads}", "≤ 2");

        List<double> seen = [];
        foreach (IChildProcess child in living[..Exits])
        {
            ValueTask<ExitStatus> exit = child.WaitForExitAsync();
            long killed = Stopwatch.GetTimestamp();
            _ = Kill(child.Id, Sigkill); // nobody has reaped it: the pid is its own
            await exit;
            seen.Add(Stopwatch.GetElapsedTime(killed).TotalMilliseconds);
        }

        figures.Add($"from a kill to the exit seen, beside {Count} live children", $"median {Figures.Quantile(seen, 0.5):0.00} ms, p99 {Figures.Quantile(seen, 0.99):0.00} ms", "p99 ≤ 2 ms");
        await EndAsync(living);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
