using System.Diagnostics;
using ChildProc;

/// <summary>What lasts how long while the wall clock jumps by hours with every look.</summary>
internal static class ClockSteps
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(400), s_long = TimeSpan.FromSeconds(20);

    internal static async Task<int> RunAsync(string puppet)
    {
        DateTime first = DateTime.UtcNow, second = DateTime.UtcNow;
        Console.WriteLine($"jumps {(first - second).Duration() > TimeSpan.FromHours(1)}");

        await using IChildProcess deaf = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "seq", "ignore", "TERM", ",", "print", "deaf", ",", "pause") { StandardOutput = ChildStdio.Pipe });
        await deaf.StandardOutput.ReadAsync();
        long began = Stopwatch.GetTimestamp();
        ExitStatus status = await deaf.StopAsync(new StopPolicy(ChildSignal.Terminate, s_grace));
        Tell("grace", Stopwatch.GetElapsedTime(began), status.Signal == ChildSignal.Kill);

        began = Stopwatch.GetTimestamp();
        CapturedResult held = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(puppet, "seq", "daemon", "pause", ",", "exit", "3") { DrainTimeout = s_grace, Leftovers = Leftovers.Kill });
        Tell("drain", Stopwatch.GetElapsedTime(began), held.Status.Code == 3 && held.OutputIncomplete);

        ChildResult quick = await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "exit", "5"));
        Console.WriteLine($"start {quick.Status.Code}");
        return 0;
    }

    private static void Tell(string what, TimeSpan time, bool right)
        => Console.WriteLine($"{what} {(right && time >= s_grace && time < s_long ? "right" : $"wrong after {time}")}");
}
