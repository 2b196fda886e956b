using System.Globalization;
using System.Runtime.InteropServices;
using ChildProc;
using Microsoft.Win32.SafeHandles;

/// <summary>A host where waiting for descriptors itself fails: no wait ends early or late for it, and none takes a processor.</summary>
internal static class BrokenEvents
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Under a filter that refuses epoll_wait: a blocking wait, and whether the thread that waits for events gives the processor away.</summary>
    internal static int Refused(string puppet)
    {
        const int SomePauses = 5;
        using IChildProcess child = ChildProcess.Start(new ChildProcessStartInfo(puppet, "exit", "7"));
        ExitStatus status = child.WaitForExit();
        long before = ReactorPauses(), deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (ReactorPauses() < before + SomePauses && Environment.TickCount64 < deadline)
        {
            Thread.Sleep(10);
        }

        Console.WriteLine($"{status}, {(ReactorPauses() >= before + SomePauses ? "pauses" : "spins")}");
        return 0;
    }

    // How often it has gone to sleep by itself: proc_pid_status(5). One that spins never does.
    private static long ReactorPauses() => Directory.GetDirectories("/proc/self/task")
        .Select(static task => File.ReadAllLines(task + "/status"))
        .Where(static lines => lines[0].Contains("ChildProc react", StringComparison.Ordinal))
        .SelectMany(static lines => lines.Where(static line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)))
        .Sum(static line => long.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture));

    /// <summary>Without a descriptor allowed poll(2) fails.</summary>
    internal static int NoFiles(string puppet)
    {
        using IChildProcess stays = ChildProcess.Start(new ChildProcessStartInfo(puppet, "pause"));
        using IChildProcess ends = ChildProcess.Start(new ChildProcessStartInfo(puppet, "seq", "sleep-ms", "1000", ",", "exit", "7"));
        Limit limit = default;
        _ = Native.GetLimit(Limit.OpenFiles, ref limit);
        Limit none = new() { Soft = 0, Hard = limit.Hard };
        if (Native.SetLimit(Limit.OpenFiles, in none) != 0)
        {
            return 77;
        }

        string outcome = $"{stays.WaitForExit(TimeSpan.FromMilliseconds(300), out _)}, {ends.WaitForExit()}";
        _ = Native.SetLimit(Limit.OpenFiles, in limit);
        Console.WriteLine(outcome);
        return 0;
    }

    /// <summary>Somebody in the host closes a descriptor that is not theirs, and has its number for something else: the library's epoll.</summary>
    internal static async Task<int> LostAsync(string puppet)
    {
        await using IChildProcess echo = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "cat") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        await using IChildProcess ends = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "read-line") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Null });
        Task<ExitStatus> end = ends.WaitForExitAsync().AsTask();
        Task echoed = echo.StandardOutput.ReadAsync().AsTask();
        string epoll = Directory.GetFiles("/proc/self/fd").Single(static file => new FileInfo(file).LinkTarget == "anon_inode:[eventpoll]");
        using (SafeFileHandle other = File.OpenHandle("/dev/null"))
        {
            _ = Native.Dup2((int)other.DangerousGetHandle(), int.Parse(Path.GetFileName(epoll), CultureInfo.InvariantCulture));
        }

        await ends.StandardInput.WriteAsync("over\n"u8.ToArray()); // an event wakes whoever waits for the old one
        Console.WriteLine(await end.WaitAsync(s_patience));
        await echo.StandardInput.WriteAsync("x"u8.ToArray());
        await echoed.WaitAsync(s_patience);
        Console.WriteLine((await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "exit", "5")).WaitAsync(s_patience)).Status);
        return 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Limit
    {
        internal const int OpenFiles = 7;
        internal nuint Soft, Hard;
    }
}
