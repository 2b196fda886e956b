using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;
using ChildProc;

// .NET hosts that childproc watches in its tests: each verb starts children in one way.
switch (args)
{
    case ["process"]:
        for (int i = 0; i < 3; i++)
        {
            using Process process = Process.Start(new ProcessStartInfo("cat", "/dev/null") { RedirectStandardOutput = true })!;
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
        }

        return 0;
    case ["childproc"]:
        for (int i = 0; i < 3; i++)
            (await ChildProcess.CaptureAsync(new("cat", "/dev/null"))).EnsureSuccess();
        return 0;
    case ["dropped"]:
        Starter.Drop();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return 0;
    case ["kept"]:
        Starter.Kept = ChildProcess.Start(new("cat", "/dev/null"));
        Starter.Kept.WaitForExit();
        return 0;
    case ["drops"]:
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line && line != "end")
        {
            Starter.Drop();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Console.WriteLine("dropped");
        }

        return 0;
    case ["events"]:
        for (int i = 0; i < 50; i++)
            Ticks.Log.Tick(i);
        return 0;
    default:
        return 64;
}

/// <summary>Children that nobody disposes.</summary>
internal static class Starter
{
    internal static IChildProcess? Kept { get; set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Drop() => ChildProcess.Start(new("cat", "/dev/null")).WaitForExit();
}

/// <summary>A provider of the name that the tool listens to.</summary>
[EventSource(Name = "ChildProc")]
internal sealed class Ticks : EventSource
{
    internal static readonly Ticks Log = new();

    [Event(1)]
    public void Tick(long number) => WriteEvent(1, number);
}
