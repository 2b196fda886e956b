using System.Globalization;
using System.Runtime.CompilerServices;
using ChildProc;

/// <summary>Children of every fate, for whoever listens to this process from outside: each is named on a line with its pid.</summary>
internal static class TelemetryRound
{
    internal static async Task<int> RunAsync(string puppet)
    {
        Console.WriteLine("ready");
        Console.ReadLine(); // somebody listens by now

        Done("exits", Wait(ChildProcess.Start(new ChildProcessStartInfo(puppet, "exit", "3"))));
        Done("signalled", await EndAsync(puppet, static child => child.Signal(ChildSignal.User1)));
        Done("killed", await EndAsync(puppet, static child => child.Kill()));
        Done("stopped", await StopAsync(puppet));
        Done("piped", await PipedAsync(puppet));
        Done("lost", await LostAsync(puppet));
        Done("forgotten", Forget(puppet));
        for (int i = 0; i < 3000 && ChildProcessDiagnostics.Counts.Finalized < 1; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(10);
        }

        await using (IChildProcessHost direct = ChildProcessHost.Create(new ChildProcessHostOptions { Containment = Containment.ProcessGroup }))
        {
            Done("direct", Wait(await direct.StartAsync(new ChildProcessStartInfo(puppet, "exit", "0"))));
        }

        try
        {
            ChildProcess.Start(new ChildProcessStartInfo("/nonexistent/program")).Dispose();
        }
        catch (ChildProcessStartException)
        {
            Console.WriteLine("done");
        }

        Console.ReadLine(); // they have stopped listening
        return 0;
    }

    private static void Done(string what, int pid) => Console.WriteLine($"{what} {pid}");

    private static int Wait(IChildProcess child)
    {
        using (child)
        {
            child.WaitForExit();
            return child.Id;
        }
    }

    private static async Task<int> EndAsync(string puppet, Action<IChildProcess> end)
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "pause"));
        end(child);
        await child.WaitForExitAsync();
        await child.WaitForTreeAsync();
        return child.Id;
    }

    private static async Task<int> StopAsync(string puppet)
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Ready(puppet, "ignore", "TERM", ",", "print", "ready", ",", "pause"));
        using StreamReader output = new(child.StandardOutput.AsStream());
        await output.ReadLineAsync();
        await child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromMilliseconds(50)));
        return child.Id;
    }

    private static async Task<int> PipedAsync(string puppet)
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Ready(puppet, "print", "ready"));
        using StreamReader output = new(child.StandardOutput.AsStream());
        await output.ReadToEndAsync();
        await child.WaitForExitAsync();
        return child.Id;
    }

    private static async Task<int> LostAsync(string puppet)
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "pause"));
        string stat = await File.ReadAllTextAsync($"/proc/{child.Id}/stat");
        int supervisor = int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        _ = Native.Kill(supervisor, 9);
        await child.WaitForExitAsync();
        await child.WaitForTreeAsync();
        return child.Id;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Forget(string puppet) => ChildProcess.Start(new ChildProcessStartInfo(puppet, "pause")).Id;

    private static ChildProcessStartInfo Ready(string puppet, params string[] words)
        => new(puppet, ["seq", .. words]) { StandardInput = ChildStdio.Null, StandardOutput = ChildStdio.Pipe };
}
