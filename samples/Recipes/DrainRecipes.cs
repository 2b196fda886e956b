using ChildProc;

namespace Recipes;

/// <summary>The exit of a child and the end of its output are two events. A shell is needed to leave a descendant behind.</summary>
internal static class DrainRecipes
{
    public static async Task CutAsync()
    {
        // <drain>
        CapturedResult result = await ChildProcess.CaptureAsync(
            new("sh", "-c", "echo started; sleep 60 &") { DrainTimeout = TimeSpan.FromMilliseconds(200) });
        if (result.OutputIncomplete)
            Console.WriteLine($"Cut while others held the pipe: {string.Join(", ", result.KilledLeftovers)}");
        // </drain>

        Check.Equal("started\n", result.StandardOutput);
        Check.That(result.OutputIncomplete && result.Status.IsSuccess);
        Check.That(result.KilledLeftovers.Single().Contains("sleep", StringComparison.Ordinal));
    }

    public static async Task TwoEventsAsync()
    {
        // <two-events>
        await using IChildProcess child = await ChildProcess.StartAsync(
            new("sh", "-c", "{ sleep 0.2; echo late; } & echo early") { StandardOutput = ChildStdio.Pipe });
        ExitStatus status = await child.WaitForExitAsync();                                    // of the shell, at once
        string text = await new StreamReader(child.StandardOutput.AsStream()).ReadToEndAsync(); // "early\nlate\n"
        // </two-events>

        Check.That(status.IsSuccess && !child.OutputIncomplete);
        Check.Equal("early\nlate\n", text);
    }
}
