using System.Diagnostics;
using System.Globalization;
using ChildProc;

/// <summary>A host whose children are its own, or nobody's: the direct engine.</summary>
internal static class OwnChildren
{
    /// <summary>The watchdog is killed; the next start brings another, which knows the earlier trees, too.</summary>
    internal static async Task<int> WatchdogDiesAsync(string puppet)
    {
        await using IChildProcess earlier = await StartAsync();
        int first = Watchdog();
        _ = Native.Kill(first, 9);
        while (Watchdog() == first)
        {
            await Task.Delay(2);
        }

        await using IChildProcess later = await StartAsync();
        Console.WriteLine(Watchdog() is > 1 and int second && second != first ? "ready" : "no other watchdog");
        Console.ReadLine();
        return 0;

        async Task<IChildProcess> StartAsync()
        {
            IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "flat", "2", "0") { StandardOutput = ChildStdio.Pipe });
            await child.StandardOutput.ReadAsync();
            return child;
        }
    }

    /// <summary>Kills trees whose child has gone before them, in their group and out of it; after each waits for a line.</summary>
    internal static async Task<int> KillTreesAsync(string puppet, int times)
    {
        ChildProcessStartInfo info = new(puppet, "seq", "orphan", "pause", ",", "fork", "2", "setsid-fork", "pause", "+", "pause", ",", "print", "ready", ",", "exit", "3") { StandardOutput = ChildStdio.Pipe };
        for (int i = 0; i < times; i++)
        {
            await using IChildProcess child = await ChildProcess.StartAsync(info);
            ExitStatus status = await child.WaitForExitAsync();
            while (child.GetDescendantIds().Count < 5)
            {
                await Task.Delay(2);
            }

            child.Kill();
            await child.WaitForTreeAsync();
            Console.WriteLine(status.ToString());
            Console.ReadLine();
        }

        return 0;
    }

    /// <summary>A detached child: prints its pid, then stays until it is told to end or is killed; at the end of input the host ends.</summary>
    internal static async Task<int> DetachedAsync(string puppet, string[] words)
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, words) { Containment = Containment.None, StandardOutput = ChildStdio.Null });
        Console.WriteLine(child.Id.ToString(CultureInfo.InvariantCulture));
        if (Console.ReadLine() == "wait")
        {
            Console.WriteLine((await child.WaitForExitAsync()).ToString());
        }

        return 0;
    }

    /// <summary>For a host that is PID 1: detached children, waited for or disposed before they end, are its own to bury.</summary>
    internal static async Task<int> DetachedCyclesAsync(string puppet, int times)
    {
        for (int i = 0; i < times; i++)
        {
            ChildProcessStartInfo info = new(puppet, "sleep-ms", "20") { Containment = Containment.None };
            await using IChildProcess child = await ChildProcess.StartAsync(info);
            if (i % 2 == 0 && !(await child.WaitForExitAsync()).IsSuccess)
            {
                Console.WriteLine("wrong status");
            }
        }

        long deadline = Environment.TickCount64 + 30_000;
        int zombies;
        while ((zombies = Zombies()) > 0 && Environment.TickCount64 < deadline)
        {
            await Task.Delay(5);
        }

        Console.WriteLine($"zombies {zombies}");
        return 0;
    }

    /// <summary>
    /// Three times the watchdog is stopped and its pipe full; a start waits for it, another child ends, and a third goes on to be
    /// served. Then a child ends without a start: a watchdog that does not know of that must not go on.
    /// </summary>
    internal static async Task<int> WatchdogStandsStillAsync(string puppet)
    {
        await using IChildProcess echo = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "cat") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        ChildProcessStartInfo pause = new(puppet, "pause");
        TimeSpan best = TimeSpan.MaxValue; // of the worst of each round: one round may have bad luck
        for (int i = 0; i < 3; i++)
        {
            await using IChildProcess ends = await ChildProcess.StartAsync(pause);
            StopWatchdog();
            Task<IChildProcess> start = Task.Run(() => ChildProcess.Start(pause));
            while (!start.IsCompleted && !Children().Exists(static child => CommandOf(child) == "childproc-child"))
            {
                await Task.Delay(1); // until it is born, and the watchdog is to know of it
            }

            Task empty = ends.WaitForTreeAsync().AsTask();
            ends.Kill();
            TimeSpan worst = TimeSpan.Zero;
            do
            {
                long began = Stopwatch.GetTimestamp();
                await echo.StandardInput.WriteAsync("x"u8.ToArray());
                echo.StandardOutput.AdvanceTo((await echo.StandardOutput.ReadAsync()).Buffer.End);
                worst = Stopwatch.GetElapsedTime(began) is { } time && time > worst ? time : worst;
            }
            while (!empty.IsCompleted);

            best = worst < best ? worst : best;
            await (await start).DisposeAsync();
        }

        await using (IChildProcess last = await ChildProcess.StartAsync(pause))
        {
            int watchdog = StopWatchdog();
            last.Kill();
            await last.WaitForTreeAsync();
            long deadline = Environment.TickCount64 + 10_000;
            while (CommandOf(watchdog) == "sh" && Environment.TickCount64 < deadline)
            {
                await Task.Delay(5);
            }

            Console.WriteLine($"echo {(best < TimeSpan.FromSeconds(1) ? "flows" : best.ToString())}, {(CommandOf(watchdog) == "sh" ? "stays" : "killed")}");
        }

        return 0;
    }

    // Its pipe takes nothing more.
    private static int StopWatchdog()
    {
        // The one that is told, and not one that is dying.
        (int watchdog, int writes) = Watchdogs()
            .SelectMany(static pid => Directory.GetFiles("/proc/self/fd"), static (pid, file) => (pid, file))
            .Where(static pair => new FileInfo(pair.file).LinkTarget is { } pipe && pipe == new FileInfo($"/proc/{pair.pid}/fd/0").LinkTarget)
            .Select(static pair => (pair.pid, int.Parse(Path.GetFileName(pair.file), CultureInfo.InvariantCulture)))
            .First();
        _ = Native.Kill(watchdog, 19);
        while (!TextOf($"/proc/{watchdog}/stat").Contains(") T ", StringComparison.Ordinal))
        {
            Thread.Sleep(1); // it may still read, and make room
        }

        byte[] lines = [.. Enumerable.Repeat((byte)'\n', 4096)];
        foreach (int size in (int[])[lines.Length, 1])
        {
            while (Native.Write(writes, lines, size) == size)
            {
                // until it takes no more
            }
        }

        return watchdog;
    }

    private static List<int> Children() => [.. Directory.GetDirectories("/proc/self/task")
        .SelectMany(static task => TextOf(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(static pid => int.Parse(pid, CultureInfo.InvariantCulture))];

    // Empty for one that is gone, or dead.
    private static string CommandOf(int pid)
        => TextOf($"/proc/{pid}/stat").Split('(', ')') is [_, string command, string rest] && !rest.StartsWith(" Z", StringComparison.Ordinal) ? command : "";

    // Empty for a process or thread that is gone.
    private static string TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>Trees that outlive their child as a chain, in which every process starts its successor and ends; how many were said to be empty before their time.</summary>
    internal static async Task<int> ForkChainAsync(string puppet, int times)
    {
        const int Milliseconds = 1500;
        ChildProcessStartInfo info = new(puppet, "seq", "fork-loop", "1", Milliseconds.ToString(CultureInfo.InvariantCulture), ",", "exit", "0");
        int early = 0;
        for (int i = 0; i < times; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await using IChildProcess child = await ChildProcess.StartAsync(info);
            await child.WaitForTreeAsync();
            early += Stopwatch.GetElapsedTime(began).TotalMilliseconds < Milliseconds ? 1 : 0;
        }

        Console.WriteLine($"early {early}");
        return 0;
    }

    /// <summary>Starts that fail when the child is born: what they say, and how many children of this process are left, dead or alive.</summary>
    internal static async Task<int> StillbornAsync(string puppet, IEnumerable<Containment> containments)
    {
        foreach (Containment containment in containments)
        {
            PreparedCommand command = ChildProcess.Prepare(new ChildProcessStartInfo(puppet, "pause") { Containment = containment });
            await TellAsync(() => Task.FromResult(command.Start()));
            await TellAsync(() => command.StartAsync().AsTask());
        }

        Console.WriteLine($"left {Children().Count}");
        return 0;

        static async Task TellAsync(Func<Task<IChildProcess>> start)
        {
            try
            {
                await using IChildProcess child = await start();
                Console.WriteLine("started");
            }
            catch (ChildProcessStartException e)
            {
                Console.WriteLine($"{e.Stage} {e.NativeErrorCode}");
            }
        }
    }

    /// <summary>Dead children of this process that nobody has waited for.</summary>
    internal static int Zombies() => Directory.GetDirectories("/proc").Count(static process =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out _)
                && File.ReadAllText(process + "/stat").Contains($") Z {Environment.ProcessId} ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it just ended
        }
    });

    private static int Watchdog() => Watchdogs().FirstOrDefault();

    private static IEnumerable<int> Watchdogs() => Directory.GetDirectories("/proc")
        .Where(static process => TextOf(process + "/cmdline").Contains($"childproc-watchdog   (host {Environment.ProcessId})", StringComparison.Ordinal))
        .Select(static process => int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));
}
