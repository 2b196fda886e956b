using ChildProc;

/// <summary>A host that runs short of something for a while: what it does then, and whether it is the weaker for it afterwards.</summary>
internal static class Shortages
{
    private const int MostFree = 8;

    /// <summary>Prints, for each number of free descriptors, the health that is told, how both kinds of start end, and a child's containment afterwards.</summary>
    internal static async Task<int> OfDescriptorsAsync(string puppet)
    {
        await OutcomesAsync(puppet); // loads what needs descriptors to be loaded
        for (int free = 0; free <= MostFree; free++)
        {
            ChildProcessHost.Refresh(); // the next start needs a new guardian
            List<int> taken = [];
            while (Native.Dup(0) is >= 0 and int descriptor)
            {
                taken.Add(descriptor);
            }

            taken.TakeLast(free).ToList().ForEach(static d => _ = Native.Close(d));
            string outcomes = await OutcomesAsync(puppet);
            taken.SkipLast(free).ToList().ForEach(static d => _ = Native.Close(d));
            Console.WriteLine($"{free}: {outcomes}, then {await ContainmentAsync(puppet)}");
        }

        return 0;
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
