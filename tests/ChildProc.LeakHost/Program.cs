using System.Diagnostics;
using System.Diagnostics.Tracing;
using ChildProc;

// .NET hosts that childproc watches in its tests: each verb starts children in one way, and leaves nothing behind.
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
    case ["events"]:
        for (int i = 0; i < 50; i++)
            Ticks.Log.Tick(i);
        return 0;
    default:
        return 64;
}

/// <summary>A provider of the name that the tool listens to.</summary>
[EventSource(Name = "ChildProc")]
internal sealed class Ticks : EventSource
{
    internal static readonly Ticks Log = new();

    [Event(1)]
    public void Tick(long number) => WriteEvent(1, number);
}
