using System.Diagnostics;

namespace ChildProc.Torture;

/// <summary>Starts and waits, one after the other, and what the process has of everything on the way: nothing may grow.</summary>
internal static class Cycles
{
    internal const int Samples = 20;
    private const long ResidentMargin = 8 << 20; // over the whole run
    private const string Budget = "DOTNET_GCgen0size";

    /// <summary>Prints the curve. 0 when nothing grows from quarter to quarter of the run.</summary>
    internal static int Run(int times)
    {
        PreparedCommand command = ChildProcess.Prepare(new ChildProcessStartInfo(Torture.Run.Puppet, "exit", "0"));
        Sample[] samples = new Sample[Samples];
        int wrong = 0;
        long began = Stopwatch.GetTimestamp();
        Console.WriteLine("| cycles | resident, KB | managed, KB | descriptors | threads |\n|---|---|---|---|---|");
        for (int sample = 0; sample < Samples; sample++)
        {
            for (int i = times / Samples; i > 0; i--)
            {
                using IChildProcess child = command.Start();
                wrong += child.WaitForExit().IsSuccess ? 0 : 1;
            }

            Sample now = samples[sample] = Sample.Take();
            Console.WriteLine($"| {(long)times / Samples * (sample + 1)} | {now.Resident >> 10} | {now.Managed >> 10} | {now.Descriptors} | {now.Threads} |");
        }

        wrong += Grows(samples, static s => s.Resident, ResidentMargin / 4) + Grows(samples, static s => s.Descriptors, 1) + Grows(samples, static s => s.Threads, 0);
        Console.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalMicroseconds / times:0} us each");
        Console.WriteLine($"{times} passed, {wrong} failed");
        return wrong == 0 ? 0 : 1;
    }

    /// <summary>
    /// The budget of the collector's youngest generation follows the processor's caches, and with it what is resident: on some
    /// machines the whole run fits into it. So the run is one of a process with a budget of its own.
    /// </summary>
    /// <returns>Null when this is that process.</returns>
    internal static int? RunWithBudget(string[] args)
    {
        if (Environment.GetEnvironmentVariable(Budget) is not null)
        {
            return null;
        }

        ProcessStartInfo info = new(Environment.ProcessPath!, args);
        info.Environment[Budget] = "400000"; // hexadecimal: 4 MiB
        using Process process = Process.Start(info)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    // By the medians of the last three quarters. What grows once is the runtime's own, whose code is compiled anew while it runs; a
    // leak grows from each to the next.
    private static int Grows(Sample[] samples, Func<Sample, long> of, long margin)
    {
        const int Quarter = Samples / 4;
        long[] medians = [.. samples.Select(of).Chunk(Quarter).Skip(1).Select(static part => part.Order().ElementAt(Quarter / 2))];
        return medians.Zip(medians.Skip(1), static (earlier, later) => later - earlier).All(growth => growth > margin) ? 1 : 0;
    }

    private readonly record struct Sample(long Resident, long Managed, int Descriptors, int Threads)
    {
        internal static Sample Take()
        {
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            using Process own = Process.GetCurrentProcess();
            return new Sample(own.WorkingSet64, managed, Directory.GetFileSystemEntries("/proc/self/fd").Count(static f => !IsAssembly(f)), own.Threads.Count);
        }

        // The runtime loads them when it needs them.
        private static bool IsAssembly(string descriptor) => new FileInfo(descriptor).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) == true;
    }
}
