using ChildProc;

/// <summary>A host that runs short of something for a while: what it does then, and whether it is the weaker for it afterwards.</summary>
internal static class Shortages
{
    private const int MostFree = 8;

    /// <summary>Prints, for each number of free descriptors, the health that is told, how both kinds of start end, and a child's containment afterwards.</summary>
    internal static async Task<int> OfDescriptorsAsync(string puppet)
    {
        await MakeThreadsAsync();
        await OutcomesAsync(puppet); // loads what needs descriptors to be loaded
        for (int free = 0; free <= MostFree; free++)
        {
            ChildProcessHost.Refresh(); // the next start needs a new guardian
            List<int> taken = TakeAll();
            taken.TakeLast(free).ToList().ForEach(static d => _ = Native.Close(d));
            string outcomes = await OutcomesAsync(puppet);
            taken.SkipLast(free).ToList().ForEach(static d => _ = Native.Close(d));
            Console.WriteLine($"{free}: {outcomes}, then {await ContainmentAsync(puppet)}");
        }

        return 0;
    }

    /// <summary>
    /// A tree with a member that has left the group is killed while no descriptor is free, and for which one is needed: it is not
    /// empty before it really is.
    /// </summary>
    internal static async Task<int> KillAsync(string puppet)
    {
        await MakeThreadsAsync();
        await KillAsync(puppet, TakeNone); // so that all of it is compiled
        Console.WriteLine(await KillAsync(puppet, TakeAll));
        return 0;

        static List<int> TakeNone() => [];
    }

    private static async Task<string> KillAsync(string puppet, Func<List<int>> take)
    {
        ChildProcessStartInfo info = new(puppet, "seq", "setpgid-fork", "pause", ",", "print", "ready", ",", "pause") { StandardOutput = ChildStdio.Pipe };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        using StreamReader reader = new(child.StandardOutput.AsStream());
        await reader.ReadLineAsync();
        int other = child.GetDescendantIds()[0];
        List<int> taken = take();
        child.Kill();
        Task empty = child.WaitForTreeAsync().AsTask();
        await Task.WhenAny(empty, Task.Delay(200)); // time for a wrong answer; a right one cannot come before the descriptors
        taken.ForEach(static d => _ = Native.Close(d));
        await empty;
        string stat = File.Exists($"/proc/{other}/stat") ? await File.ReadAllTextAsync($"/proc/{other}/stat") : "";
        return stat.Length == 0 || stat.Contains(") Z ", StringComparison.Ordinal) ? "empty" : $"told as empty: {stat}";
    }

    // Where work waits the pool makes threads, the first of which watches the others; and the runtime ends the process where it cannot. So
    // more work than it may have threads for, beforehand.
    private static async Task MakeThreadsAsync()
    {
        ThreadPool.SetMinThreads(2, 2);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(static _ => Task.Run(static () => Thread.Sleep(700))));
    }

    private static List<int> TakeAll()
    {
        List<int> taken = [];
        while (Native.Dup(0) is >= 0 and int descriptor)
        {
            taken.Add(descriptor);
        }

        return taken;
    }

    /// <summary>As above, for a host to which the test gives no more processes and threads between the lines that it writes.</summary>
    internal static async Task<int> OfProcessesAsync(string puppet)
    {
        await OutcomesAsync(puppet);
        ChildProcessHost.Refresh();
        Console.WriteLine("ready");
        Console.ReadLine();
        string outcomes = await OutcomesAsync(puppet);
        Console.WriteLine(outcomes);
        Console.ReadLine();
        Console.WriteLine(await ContainmentAsync(puppet));
        return 0;
    }

    private static async Task<string> OutcomesAsync(string puppet)
    {
        ChildProcessStartInfo info = new(puppet, "exit", "0");
        string health = $"{ChildProcessHost.GetCapabilities().Containment}";
        string start = await OutcomeAsync(() => new ValueTask<IChildProcess>(ChildProcess.Start(info)));
        return $"{health}, {start}, {await OutcomeAsync(() => ChildProcess.StartAsync(info))}";
    }

    private static async Task<string> OutcomeAsync(Func<ValueTask<IChildProcess>> start)
    {
        try
        {
            await using IChildProcess child = await start();
            await child.WaitForExitAsync();
            return "started";
        }
        catch (ChildProcessStartException)
        {
            return "refused";
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static async Task<string> ContainmentAsync(string puppet)
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "exit", "0"));
        return $"{child.Containment}";
    }
}
