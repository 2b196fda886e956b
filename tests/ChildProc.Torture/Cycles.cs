using System.Diagnostics;

namespace ChildProc.Torture;

/// <summary>Starts and waits, one after the other, and what the process has of everything on the way: nothing may grow.</summary>
internal static class Cycles
{
    internal const int Samples = 20;
    private const long ResidentMargin = 8 << 20; // the runtime's own: its code is compiled anew while it runs
    private const int DescriptorMargin = 4; // what is on its way in or out while they are counted

    /// <summary>Prints the curve. 0 when nothing has grown since the first sample.</summary>
    internal static int Run(int times)
    {
        PreparedCommand command = ChildProcess.Prepare(new ChildProcessStartInfo(Torture.Run.Puppet, "exit", "0"));
        Sample first = default;
        int wrong = 0;
        long began = Stopwatch.GetTimestamp();
        Console.WriteLine("| cycles | resident, KB | managed, KB | descriptors | threads |\n|---|---|---|---|---|");
        for (int sample = 1; sample <= Samples; sample++)
        {
            for (int i = times / Samples; i > 0; i--)
            {
                using IChildProcess child = command.Start();
                wrong += child.WaitForExit().IsSuccess ? 0 : 1;
            }

            Sample now = Sample.Take();
            first = sample == 1 ? now : first;
            Console.WriteLine($"| {(long)times / Samples * sample} | {now.Resident >> 10} | {now.Managed >> 10} | {now.Descriptors} | {now.Threads} |");
            wrong += now.Resident > first.Resident + ResidentMargin || now.Descriptors > first.Descriptors + DescriptorMargin || now.Threads > first.Threads ? 1 : 0;
        }

        Console.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalMicroseconds / times:0} us each");
        Console.WriteLine($"{times} passed, {wrong} failed");
        return wrong == 0 ? 0 : 1;
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
