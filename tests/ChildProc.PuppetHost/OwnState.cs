using System.Globalization;
using ChildProc;
using Microsoft.Win32.SafeHandles;

/// <summary>What a host sees of itself, and of its own children, beside the library's.</summary>
internal static class OwnState
{
    /// <summary>Starts children in every way and says what of the host's own state has changed: nothing.</summary>
    internal static async Task<int> UnchangedAsync(string puppet)
    {
        Console.Out.Flush();
        string before = Read();
        await ChildProcess.CaptureAsync(new ChildProcessStartInfo(puppet, "exit", "3") { WorkingDirectory = "/", Umask = UnixFileMode.UserRead });
        await using (IChildProcess killed = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "pause") { NewSession = true, Priority = 19 }))
        {
            killed.Kill();
            await killed.WaitForTreeAsync();
        }

        foreach (ChildProcessStartInfo bad in (ChildProcessStartInfo[])[new("/nonexistent"), new(puppet) { WorkingDirectory = "/nonexistent" }])
        {
            try
            {
                ChildProcess.Start(bad).Dispose();
            }
            catch (ChildProcessStartException)
            {
                // as it should
            }
        }

        string after = Read();
        Console.WriteLine(before == after ? "unchanged" : $"before:\n{before}\nafter:\n{after}");
        return 0;
    }

    /// <summary>A child of the host that ended before the first start, and that nobody has waited for yet.</summary>
    internal static async Task<int> EarlierZombieAsync(string puppet)
    {
        ChildResult result = await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "exit", "3"));
        int pid = Native.WaitPid(-1, out int status, 1 /* WNOHANG */);
        Console.WriteLine($"{result.Status}, then {(pid > 0 ? $"exit {status >> 8 & 0xFF}" : "nobody")}");
        return 0;
    }

    /// <summary>Writes what a child printed to a file: for a host that has no standard streams.</summary>
    internal static async Task<int> ToFileAsync(string puppet, string path, string[] words)
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(puppet, words));
        await File.WriteAllTextAsync(path, result.StandardOutput + result.Status);
        return 0;
    }

    /// <summary>A child with a null input, and one with a null output, where there is no null device.</summary>
    internal static async Task<int> NullStreamsAsync(string puppet)
    {
        string input, output;
        try
        {
            CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(puppet, "count-stdin") { StandardInput = ChildStdio.Null });
            input = result.StandardOutput.StartsWith("0 ", StringComparison.Ordinal) ? "at its end" : result.StandardOutput;
        }
        catch (ChildProcessStartException e)
        {
            input = $"{e.Stage} {e.NativeErrorCode} {e.Message.Contains("/dev/null", StringComparison.Ordinal)}";
        }

        try
        {
            output = (await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "print", "x") { StandardOutput = ChildStdio.Null })).Status.ToString();
        }
        catch (ChildProcessStartException e)
        {
            output = $"{e.Stage} {e.NativeErrorCode} {e.Message.Contains("/dev/null", StringComparison.Ordinal)}";
        }

        Console.WriteLine($"{input}, {output}");
        return 0;
    }

    /// <summary>The input of a child whose host has closed its own: the start itself opens what gets the number.</summary>
    internal static async Task<int> WithoutInputAsync(string puppet)
    {
        new SafeFileHandle(0, ownsHandle: true).Dispose();
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(puppet, "fds") { StandardInput = ChildStdio.Inherit });
        Console.WriteLine(result.StandardOutput.Split('\n')[0]);
        return 0;
    }

    /// <summary>The outcome of starting a copy of the puppet from a directory.</summary>
    internal static int CopyOutcome(string puppet, string directory)
    {
        string path = Path.Combine(directory, "tool");
        File.Copy(puppet, path);
        try
        {
            using IChildProcess child = ChildProcess.Start(new ChildProcessStartInfo("tool", "exit", "0") { Environment = new Dictionary<string, string?> { ["PATH"] = directory } });
            Console.WriteLine(child.WaitForExit().ToString());
        }
        catch (ChildProcessStartException e)
        {
            Console.WriteLine($"{e.Stage} {e.NativeErrorCode}");
        }

        return 0;
    }

    /// <summary>The outcome of a start, where it may be refused.</summary>
    internal static async Task<int> OutcomeAsync(string puppet, string[] words)
    {
        try
        {
            Console.WriteLine((await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, words))).Status.ToString());
        }
        catch (PlatformNotSupportedException)
        {
            Console.WriteLine("not supported");
        }

        return 0;
    }

    /// <summary>Prepares "./tool" with the working directory "work" in one directory, and starts it in another.</summary>
    internal static async Task<int> PreparedElsewhereAsync(string before, string after)
    {
        Environment.CurrentDirectory = before;
        PreparedCommand command = ChildProcess.Prepare(
            new ChildProcessStartInfo("./tool", "seq", "cwd", ",", "env-get", "PWD") { WorkingDirectory = "work", StandardOutput = ChildStdio.Pipe });
        Environment.CurrentDirectory = after;
        foreach (IChildProcess child in (IChildProcess[])[command.Start(), await command.StartAsync()])
        {
            using StreamReader reader = new(child.StandardOutput.AsStream());
            Console.Write(await reader.ReadToEndAsync());
            await child.DisposeAsync();
        }

        return 0;
    }

    /// <summary>Trees whose ends somebody waits for, and how many of these waits came to an end.</summary>
    internal static async Task<int> TreesToldAsync(string puppet, int count)
    {
        List<IChildProcess> children = [];
        for (int i = 0; i < count; i++)
        {
            children.Add(await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "pause")));
        }

        Task[] waits = [.. children.Select(static c => c.WaitForTreeAsync().AsTask())];
        Console.WriteLine("ready");
        await Task.WhenAny(Task.WhenAll(waits), Task.Delay(TimeSpan.FromSeconds(60)));
        Console.WriteLine($"told {waits.Count(static w => w.IsCompletedSuccessfully)}");
        GC.KeepAlive(children);
        return 0;
    }

    /// <summary>Sends one request when told to, and says so before its answer is there.</summary>
    internal static async Task<int> StartWhenToldAsync(string puppet, string[] words)
    {
        await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "exit", "0"));
        Console.WriteLine("ready");
        Console.ReadLine();
        ValueTask<IChildProcess> start = ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, words));
        Console.WriteLine(start.IsCompleted ? "answered" : "requested");
        Console.ReadLine();
        await (await start).DisposeAsync();
        return 0;
    }

    private static string Read()
    {
        List<string> lines = [.. File.ReadAllLines("/proc/self/status").Where(static l =>
            l.StartsWith("Sig", StringComparison.Ordinal) && !l.StartsWith("SigQ", StringComparison.Ordinal)
            || l.StartsWith("Umask", StringComparison.Ordinal) || l.StartsWith("Uid", StringComparison.Ordinal) || l.StartsWith("Gid", StringComparison.Ordinal)
            || l.StartsWith("Groups", StringComparison.Ordinal) || l.StartsWith("NoNewPrivs", StringComparison.Ordinal))];
        lines.Add(Environment.CurrentDirectory);
        lines.Add(Array.Find(File.ReadAllLines("/proc/self/stat"), static _ => true)!.Split(") ")[1].Split(' ') is { } f ? string.Create(CultureInfo.InvariantCulture, $"group {f[2]} session {f[3]} nice {f[16]}") : "");
        lines.Add(string.Join(' ', Enumerable.Range(0, 3).Select(static fd => File.ReadAllLines($"/proc/self/fdinfo/{fd}")[1])));
        return string.Join('\n', lines);
    }
}
