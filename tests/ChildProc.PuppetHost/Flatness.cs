using ChildProc;

/// <summary>What many starts leave behind, in a process that does nothing else: so the counts can be exact.</summary>
internal static class Flatness
{
    private const int Looks = 5; // in each third of the cycles
    private const int MostKeepers = 17; // what a burst has added leaves when it has been idle for half a minute

    internal static async Task<int> RunAsync(string puppet, string kind, int times)
    {
        ChildProcessStartInfo ends = new(puppet, "exit", "0") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe, StandardError = ChildStdio.Null };
        PreparedCommand command = ChildProcess.Prepare(ends);
        PreparedCommand[] faulty = Array.ConvertAll(Faults(puppet), ChildProcess.Prepare);
        Console.WriteLine("begun=0"); // the console opens descriptors of its own
        await CyclesAsync(Math.Max(100, times / 20));
        Footprint before = Footprint.Now();
        Footprint early = await ThirdAsync(), middle = await ThirdAsync(), late = await ThirdAsync();
        Footprint left = default;
        await Eventually(() =>
        {
            left = Footprint.Now() - before;
            return left is { Descriptors: <= 0, Threads: <= 0, Owned: 0 };
        });
        await Eventually(static () => Keepers().Count <= MostKeepers);
        Console.WriteLine($"descriptors={left.Descriptors}");
        Console.WriteLine($"threads={left.Threads}");
        Console.WriteLine($"owned={left.Owned}");

        // What is allocated once, at whatever moment, is in one third; what leaks is in both.
        Footprint growth = Footprint.Least(middle - early, late - middle);
        Console.WriteLine($"poolThreads={growth.PoolThreads}");
        Console.WriteLine($"managed={growth.Managed}");
        Console.WriteLine($"resident={growth.Resident}");
        Console.WriteLine($"zombies={OwnChildren.Zombies()}");
        Console.WriteLine($"keepers={Keepers().Count}");
        Console.WriteLine($"keeperDescriptors={KeeperDescriptors()}");
        Console.WriteLine($"keeperResident={Keepers().Max(static p => Footprint.Kilobytes(p, "RssAnon:"))}");
        return 0;

        async Task<Footprint> ThirdAsync()
        {
            List<Footprint> looks = [];
            for (int i = 0; i < Looks; i++)
            {
                await CyclesAsync(times / 3 / Looks);
                looks.Add(Footprint.Now());
            }

            return looks.Aggregate(Footprint.Least);
        }

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

    private static ChildProcessStartInfo[] Faults(string puppet) =>
    [
        new("/nonexistent/program") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe, StandardError = ChildStdio.Pipe },
        new("/etc/passwd") { StandardOutput = ChildStdio.Pipe },
        new(puppet) { WorkingDirectory = "/nonexistent", StandardOutput = ChildStdio.Pipe },
        new(puppet) { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe, StandardError = ChildStdio.File("/nonexistent/file") },
        new(puppet, new string('x', 140_000)) { StandardOutput = ChildStdio.Pipe },
        new(puppet) { StandardOutput = ChildStdio.Pipe, Limits = [new ResourceLimit(ResourceLimitKind.OpenFiles, ulong.MaxValue - 1, ulong.MaxValue - 1)] },
    ];

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

    private static async Task Eventually(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + 90_000;
        while (!condition() && Environment.TickCount64 < deadline)
        {
            await Task.Delay(10);
        }
    }
}
