using System.Globalization;
using ChildProc;

/// <summary>What many starts leave behind, in a process that does nothing else: so the counts can be exact.</summary>
internal static class Flatness
{
    // Less than what is measured by its users; a look at all processes that is under way holds more, for a moment.
    private const long SettledBytes = 100_000;

    internal static async Task<int> RunAsync(string puppet, string kind, int times)
    {
        ChildProcessStartInfo ends = new(puppet, "exit", "0") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe, StandardError = ChildStdio.Null };
        PreparedCommand command = ChildProcess.Prepare(ends);
        PreparedCommand[] faulty = Array.ConvertAll(Faults(puppet), ChildProcess.Prepare);
        Console.WriteLine("begun=0"); // the console opens descriptors of its own
        await CyclesAsync(Math.Max(500, times / 20));
        (int Descriptors, int Threads, long Managed, long Resident) before = Now();
        int keepers = Keepers().Count;
        await CyclesAsync(times);
        await Eventually(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Descriptors() <= before.Descriptors && Threads() <= before.Threads
                && GC.GetTotalMemory(forceFullCollection: true) <= before.Managed + SettledBytes;
        });
        (int Descriptors, int Threads, long Managed, long Resident) after = Now();
        await Eventually(() => Keepers().Count <= Math.Max(keepers, 2 * Environment.ProcessorCount + 1));
        Console.WriteLine($"descriptors={after.Descriptors - before.Descriptors}");
        Console.WriteLine($"threads={Math.Max(0, after.Threads - before.Threads)}");
        Console.WriteLine($"managed={after.Managed - before.Managed}");
        Console.WriteLine($"resident={after.Resident - before.Resident}");
        Console.WriteLine($"zombies={OwnChildren.Zombies()}");
        Console.WriteLine($"keepers={Keepers().Count}");
        Console.WriteLine($"keeperDescriptors={KeeperDescriptors()}");
        Console.WriteLine($"keeperResident={Keepers().Max(static p => StatusKilobytes(p, "RssAnon:"))}");
        return 0;

        async Task CyclesAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                switch (kind)
                {
                    case "failing":
                        try
                        {
                            using IChildProcess never = faulty[i % faulty.Length].Start();
                            throw new InvalidOperationException("started");
                        }
                        catch (ChildProcessStartException)
                        {
                            break;
                        }

                    case "forgotten":
                        command.Start().WaitForExit();
                        if (i % 200 == 199)
                        {
                            GC.Collect();
                            GC.WaitForPendingFinalizers();
                        }

                        break;
                    case "cycles" when (i & 1) == 0:
                        using (IChildProcess child = command.Start())
                        {
                            child.WaitForExit();
                        }

                        break;
                    case "cycles":
                        await using (IChildProcess child = await command.StartAsync())
                        {
                            await child.WaitForExitAsync();
                        }

                        break;
                    case "pipelines":
                        await PipelineCycles.RunAsync(puppet, i);
                        break;
                    case "pumped":
                        await PumpedCycles.RunAsync(puppet, i);
                        break;
                    default:
                        throw new ArgumentException(kind);
                }
            }
        }
    }

    /// <summary>What so many live children add, idle, and with a pending wait and a pending read on some of them.</summary>
    internal static async Task<int> LiveChildrenAsync(string puppet, int count, int waited)
    {
        PreparedCommand command = ChildProcess.Prepare(new ChildProcessStartInfo(puppet, "wait-eof") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        List<IChildProcess> children = new(count + 20);
        List<Task> pending = [];
        Grow(20);
        Await(0, 20);
        (int Descriptors, int Threads, long Managed, long Resident) before = Now();
        Grow(count);
        Console.WriteLine($"bytes={(Now().Managed - before.Managed) / count}");
        Await(20, waited);
        Console.WriteLine($"threads={Threads() - before.Threads}");
        foreach (IChildProcess child in children)
        {
            await child.StandardInput.CompleteAsync();
        }

        await Task.WhenAll(pending);
        children.ForEach(static c => c.Dispose());
        return 0;

        void Grow(int by)
        {
            for (int i = 0; i < by; i++)
            {
                children.Add(command.Start());
            }
        }

        void Await(int skipped, int waited)
        {
            foreach (IChildProcess child in children.Skip(skipped).Take(waited))
            {
                pending.Add(child.WaitForExitAsync().AsTask());
                pending.Add(child.StandardOutput.ReadAsync().AsTask());
            }
        }
    }

    private static ChildProcessStartInfo[] Faults(string puppet) =>
    [
        new("/nonexistent/program") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe, StandardError = ChildStdio.Pipe },
        new("/etc/passwd") { StandardOutput = ChildStdio.Pipe },
        new(puppet) { WorkingDirectory = "/nonexistent", StandardOutput = ChildStdio.Pipe },
        new(puppet) { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe, StandardError = ChildStdio.File("/nonexistent/file") },
        new(puppet, new string('x', 140_000)) { StandardOutput = ChildStdio.Pipe },
        new(puppet) { StandardOutput = ChildStdio.Pipe, Limits = [new ResourceLimit(ResourceLimitKind.OpenFiles, ulong.MaxValue - 1, ulong.MaxValue - 1)] },
    ];

    private static (int Descriptors, int Threads, long Managed, long Resident) Now()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return (Descriptors(), Threads(), GC.GetTotalMemory(forceFullCollection: true), StatusKilobytes(Environment.ProcessId, "VmRSS:") * 1024);
    }

    // Without the assemblies, which the runtime loads when it needs them.
    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd")
        .Count(static f => new FileInfo(f).LinkTarget is { Length: > 0 } target && !target.EndsWith(".dll", StringComparison.Ordinal));

    private static int Threads() => Directory.GetDirectories("/proc/self/task").Length;

    // 0 for whoever may not look into them.
    private static int KeeperDescriptors()
    {
        try
        {
            return Keepers().Max(static p => Directory.GetFileSystemEntries($"/proc/{p}/fd").Length);
        }
        catch (UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static List<int> Keepers()
    {
        List<int> found = [];
        foreach (string directory in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(directory), out int pid)
                    && File.ReadAllText(directory + "/cmdline").Contains($"(host {Environment.ProcessId})", StringComparison.Ordinal))
                {
                    found.Add(pid);
                }
            }
            catch (IOException)
            {
                // it just ended
            }
        }

        return found;
    }

    private static long StatusKilobytes(int pid, string field)
    {
        string line = Array.Find(File.ReadAllLines($"/proc/{pid}/status"), l => l.StartsWith(field, StringComparison.Ordinal)) ?? "x 0";
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static async Task Eventually(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + 20_000;
        while (!condition() && Environment.TickCount64 < deadline)
        {
            await Task.Delay(10);
        }
    }
}
