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

    private static int Watchdog()
    {
        foreach (string process in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out int pid)
                    && File.ReadAllText(process + "/cmdline").Contains($"childproc-watchdog   (host {Environment.ProcessId})", StringComparison.Ordinal))
                {
                    return pid;
                }
            }
            catch (IOException)
            {
                // it just ended
            }
        }

        return 0;
    }
}
