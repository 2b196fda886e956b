using ChildProc;

namespace Recipes;

/// <summary>How long children live, and commands that are started often.</summary>
internal static class LifetimeRecipes
{
    public static async Task TokenAsync()
    {
        string? ended = null;

        // <lifetime>
        using CancellationTokenSource lifetime = new();
        await using IChildProcess child = await ChildProcess.StartAsync(
            new("sleep", "60") { Stop = new(ChildSignal.Interrupt, TimeSpan.FromSeconds(2)) }, lifetime.Token);

        lifetime.CancelAfter(TimeSpan.FromMilliseconds(50));
        try
        {
            await child.WaitForExitAsync();
        }
        catch (OperationCanceledException)
        {
            ended = $"{child.Exit}";    // "SIGINT": it was asked, it obeyed, and now the tree is empty
        }
        // </lifetime>

        Check.Equal("SIGINT", ended);
        Check.Equal(0, child.GetDescendantIds().Count);
    }

    public static async Task StopAsync()
    {
        // <stop>
        await using IChildProcess child = await ChildProcess.StartAsync(new("sleep", "60"));
        ExitStatus status = await child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromSeconds(2)));
        // </stop>

        Check.Equal(ChildSignal.Terminate, status.Signal);
    }

    public static async Task PreparedAsync()
    {
        // <prepared>
        PreparedCommand command = ChildProcess.Prepare(new("true"));    // checked, searched in PATH and encoded once
        for (int i = 0; i < 20; i++)
        {
            await using IChildProcess child = await command.StartAsync();
            (await child.WaitForExitAsync()).EnsureSuccess();
        }
        // </prepared>

        Check.Equal("true", command.StartInfo.FileName);
    }
}
