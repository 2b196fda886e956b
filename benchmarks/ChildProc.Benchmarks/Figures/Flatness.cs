using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ChildProc.Benchmarks;

/// <summary>Is a start as fast from a host that is large, has many descriptors, or many children?</summary>
internal static class Flatness
{
    private const int Rounds = 15, Each = 20;
    private static readonly PreparedCommand s_prepared = ChildProcess.Prepare(Target.Info);
    private static readonly PosixSpawn s_posixSpawn = new(Target.Exit, []);

    internal static async Task MeasureAsync(Figures figures)
    {
        Pair();
        await LoadAsync(figures, "4 GiB of host memory in use", TouchMemory);
        await LoadAsync(figures, "10,000 open descriptors", static () =>
        {
            List<FileStream> files = OpenFiles(10_000);
            return Task.FromResult(() =>
            {
                files.ForEach(static file => file.Dispose());
                return Task.CompletedTask;
            });
        });
        await LoadAsync(figures, $"{LiveChildren.Count} live children with pipes", static async () =>
        {
            List<IChildProcess> living = await LiveChildren.StartAsync(LiveChildren.Count);
            return () => LiveChildren.EndAsync(living);
        });
    }

    /// <summary>The same beside the others, from hosts of several sizes: a fork copies the table of descriptors.</summary>
    internal static void MeasureBesideOthers(Figures figures)
    {
        foreach (int count in (int[])[0, 300, 1000, 10_000])
        {
            List<FileStream> files = OpenFiles(count);
            List<double> processes = [];
            (double ours, double theirs) = Pair();
            for (int i = 0; i < Rounds; i++)
            {
                processes.Add(Time(static () => Target.RunExitByProcess()));
            }

            figures.Add(
                $"a prepared start and wait, {count} files open in the host: beside posix_spawn, beside Process",
                $"{ours / theirs:0.00}, {ours / Figures.Quantile(processes, 0.5):0.00}",
                "≤ 0.95, ≤ 0.70");
            files.ForEach(static file => file.Dispose());
        }
    }

    // Before, during and after: what has changed with the weather alone shows between the first and the last.
    private static async Task LoadAsync(Figures figures, string what, Func<Task<Func<Task>>> load)
    {
        (double ours, double theirs) before = Pair();
        Func<Task> unload = await load();
        (double ours, double theirs) during = Pair();
        await unload();
        (double ours, double theirs) after = Pair();
        figures.Add(
            $"a prepared start and wait with {what}, beside one without",
            $"{during.ours / ((before.ours + after.ours) / 2):0.00} (posix_spawn {during.theirs / ((before.theirs + after.theirs) / 2):0.00})",
            "≤ 1.10");
    }

    private static (double Ours, double Theirs) Pair()
    {
        List<double> ours = [], theirs = [];
        for (int i = 0; i < Rounds; i++)
        {
            ours.Add(Time(static () =>
            {
                using IChildProcess child = s_prepared.Start();
                child.WaitForExit();
            }));
            theirs.Add(Time(static () => s_posixSpawn.Run()));
        }

        return (Figures.Quantile(ours, 0.5), Figures.Quantile(theirs, 0.5));
    }

    private static List<FileStream> OpenFiles(int count)
    {
        List<FileStream> files = [];
        for (int i = 0; i < count; i++)
        {
            files.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0));
        }

        return files;
    }

    private static double Time(Action start)
    {
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < Each; i++)
        {
            start();
        }

        return Stopwatch.GetElapsedTime(began).TotalMicroseconds;
    }

    private static unsafe Task<Func<Task>> TouchMemory()
    {
        nuint size = (nuint)4 << 30;
        nint memory = (nint)NativeMemory.Alloc(size);
        for (nuint at = 0; at < size; at += 4096)
        {
            ((byte*)memory)[at] = 1;
        }

        return Task.FromResult(() =>
        {
            NativeMemory.Free((void*)memory);
            return Task.CompletedTask;
        });
    }
}
