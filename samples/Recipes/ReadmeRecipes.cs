// <readme>
using ChildProc;
// </readme>

namespace Recipes;

/// <summary>The fifteen lines of README.md; compiled only, for there is no <c>my-server</c>.</summary>
internal static class ReadmeRecipes
{
    internal static async Task FifteenLinesAsync()
    {
        // <readme>
        using CancellationTokenSource timeout = new(TimeSpan.FromMinutes(5));

        CapturedResult git = await ChildProcess.CaptureAsync(new("git", "rev-parse", "HEAD"), timeout.Token);
        Console.WriteLine(git.EnsureSuccess().StandardOutput);

        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(new("make", "-j8"), timeout.Token))
            Console.WriteLine($"{line.Source}: {line.Text}");

        await using IChildProcess server = await ChildProcess.StartAsync(
            new("my-server", "--port", "0") { StandardOutput = ChildStdio.Pipe, Stop = new(ChildSignal.Interrupt, TimeSpan.FromSeconds(10)) },
            timeout.Token);
        await server.StandardOutput.ReadAsync();
        ExitStatus status = await server.StopAsync();      // signal, grace, kill of the whole tree; then it is empty
        Console.WriteLine($"{status}, {status.Usage.PeakMemoryBytes} bytes at most");
        // </readme>
    }
}
