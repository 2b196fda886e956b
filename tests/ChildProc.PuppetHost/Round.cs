using System.Globalization;
using ChildProc;

/// <summary>A round through what the library does, for places that lack something: every step must come out as anywhere else.</summary>
internal static class Round
{
    /// <summary>Prints "whole", or the first step that came out otherwise.</summary>
    /// <param name="puppet">The child of every step.</param>
    /// <param name="guardianPath">A guardian on disk, or null for the library's own.</param>
    internal static async Task<int> RunAsync(string puppet, string? guardianPath)
    {
        IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { GuardianPath = guardianPath });
        (string Name, Func<IChildProcessHost, string, Task<bool>> Run)[] steps =
        [
            ("capture", CapturesAsync), ("large output", ReadsLargeOutputAsync), ("descriptors", HasOnlyThreeDescriptorsAsync), ("long arguments", TakesLongArgumentsAsync),
            ("statuses", HasExactStatusesAsync), ("pipeline", RunsPipelineAsync), ("signal", SignalsAsync), ("signal to the tree", SignalsTreeAsync), ("stop", StopsAsync),
            ("kill", KillsWholeTreeAsync), ("failed start", TellsWhyNotAsync), ("disposal", DisposalEndsTreesAsync),
        ];
        foreach ((string name, Func<IChildProcessHost, string, Task<bool>> run) in steps)
        {
            if (!await run(host, puppet))
            {
                Console.WriteLine($"not as anywhere else: {name}");
                return 1;
            }
        }

        Console.WriteLine("whole");
        return 0;
    }

    private static async Task<bool> CapturesAsync(IChildProcessHost host, string puppet)
    {
        CapturedResult result = await host.CaptureAsync(Child(puppet, "seq", "print", "out", ",", "eprint", "err", ",", "exit", "3"));
        return (result.StandardOutput, result.StandardError, result.Status.Code) == ("out\n", "err\n", 3);
    }

    // Enough for the pipe to grow and to be read by way of another one.
    private static async Task<bool> ReadsLargeOutputAsync(IChildProcessHost host, string puppet)
    {
        const int Length = 8_000_000;
        using MemoryStream output = new(Length);
        await host.RunAsync(new ChildProcessStartInfo(Child(puppet, "flood", Length.ToString(CultureInfo.InvariantCulture))) { StandardOutput = ChildStdio.Stream(output) });
        return output.ToArray().Select(static (b, i) => b == (byte)((i * 131) + (i / 257))).Count(static right => right) == Length;
    }

    private static async Task<bool> HasOnlyThreeDescriptorsAsync(IChildProcessHost host, string puppet)
    {
        string[] lines = (await host.CaptureAsync(Child(puppet, "fds"))).StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Select(static l => l.Split(' ')[0]).SequenceEqual(["0", "1", "2"]);
    }

    // More than goes in a message: the request then has its body in a file of its own.
    private static async Task<bool> TakesLongArgumentsAsync(IChildProcessHost host, string puppet)
    {
        string[] words = [.. Enumerable.Range(0, 300).Select(static i => new string((char)(0x21 + (i % 90)), 2000 + i))];
        CapturedResult result = await host.CaptureAsync(Child(puppet, ["args", .. words]));
        return words.All(w => result.StandardOutput.Contains($"]={w}\n", StringComparison.Ordinal));
    }

    private static async Task<bool> HasExactStatusesAsync(IChildProcessHost host, string puppet)
    {
        for (int code = 0; code < 256; code += 5)
        {
            if ((await host.RunAsync(Child(puppet, "exit", code.ToString(CultureInfo.InvariantCulture)))).Status.Code != code)
            {
                return false;
            }
        }

        return (await host.RunAsync(Child(puppet, "signal-self", "KILL"))).Status.Signal == ChildSignal.Kill;
    }

    private static async Task<bool> RunsPipelineAsync(IChildProcessHost host, string puppet)
    {
        CapturedResult direct = await host.CaptureAsync(Fed(Child(puppet, "count-stdin")));
        ChildPipeline pipeline = new(Fed(Child(puppet, "cat")), Child(puppet, "cat"), Child(puppet, "count-stdin"));
        CapturedPipelineResult piped = await host.CaptureAsync(pipeline);
        return piped.EnsureSuccess().StandardOutput == direct.StandardOutput && direct.StandardOutput.Contains("300000", StringComparison.Ordinal);
    }

    private static async Task<bool> SignalsAsync(IChildProcessHost host, string puppet)
    {
        await using IChildProcess child = await ReadyAsync(host, Child(puppet, "seq", "trap", "USR1", "heard", ",", "print", "ready", ",", "pause"));
        using StreamReader reader = new(child.StandardOutput.AsStream(leaveOpen: true));
        return child.Signal(ChildSignal.User1) && await reader.ReadLineAsync() == "heard";
    }

    private static async Task<bool> SignalsTreeAsync(IChildProcessHost host, string puppet)
    {
        await using IChildProcess child = await ReadyAsync(host, Child(
            puppet, "seq", "trap", "USR2", "heard", ",", "fork", "1", "trap", "USR2", "heard", "+", "print", "ready", "+", "pause", ",", "pause"));
        using StreamReader reader = new(child.StandardOutput.AsStream(leaveOpen: true));
        return child.Signal(ChildSignal.User2, SignalScope.Tree) && await reader.ReadLineAsync() == "heard" && await reader.ReadLineAsync() == "heard";
    }

    private static async Task<bool> StopsAsync(IChildProcessHost host, string puppet)
    {
        await using IChildProcess child = await ReadyAsync(host, Child(puppet, "seq", "print", "ready", ",", "pause"));
        return (await child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1)))).Signal == ChildSignal.Terminate;
    }

    private static async Task<bool> KillsWholeTreeAsync(IChildProcessHost host, string puppet)
    {
        await using IChildProcess child = await ReadyAsync(host, Child(
            puppet, "seq", "daemon", "ignore", "TERM", "+", "pause", ",", "fork", "3", "fork", "1", "pause", "+", "pause", ",", "print", "ready", ",", "pause"));
        int[] members = [child.Id, .. child.GetDescendantIds()];
        child.Kill();
        await child.WaitForTreeAsync();
        return members.Length >= 5 && !Array.Exists(members, IsAlive) && child.Exit?.Signal == ChildSignal.Kill;
    }

    private static async Task<bool> TellsWhyNotAsync(IChildProcessHost host, string puppet)
    {
        try
        {
            await host.RunAsync(Child(puppet + "-that-is-not-there"));
            return false;
        }
        catch (ChildProcessStartException e)
        {
            return (e.Stage, e.NativeErrorCode) == (StartStage.Resolve, 2);
        }
    }

    private static async Task<bool> DisposalEndsTreesAsync(IChildProcessHost host, string puppet)
    {
        List<int> members = [];
        for (int i = 0; i < 3; i++)
        {
            IChildProcess child = await ReadyAsync(host, Child(puppet, "seq", "daemon", "pause", ",", "print", "ready", ",", "pause"));
            members.AddRange([child.Id, .. child.GetDescendantIds()]);
        }

        await host.DisposeAsync();
        return members.Count >= 6 && !members.Exists(IsAlive);
    }

    // Never one of a weaker containment, which might hide what is missing.
    private static ChildProcessStartInfo Child(string file, params string[] words) => new(file, words) { ContainmentRequirement = ContainmentRequirement.WholeTree };

    private static ChildProcessStartInfo Fed(ChildProcessStartInfo info) => new(info) { StandardInput = ChildStdio.Text(new string('x', 300_000)) };

    private static async Task<IChildProcess> ReadyAsync(IChildProcessHost host, ChildProcessStartInfo info)
    {
        IChildProcess child = await host.StartAsync(new(info) { StandardInput = ChildStdio.Null, StandardOutput = ChildStdio.Pipe });
        using StreamReader reader = new(child.StandardOutput.AsStream(leaveOpen: true));
        while (await reader.ReadLineAsync() is { } line && line != "ready")
        {
        }

        return child;
    }

    private static bool IsAlive(int pid) => Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}"));
}
