using System.Diagnostics;

namespace Quickstart;

/// <summary>The owner is killed with SIGKILL, and nobody is left to clean up but the library's own arrangement.</summary>
internal static class HostKillDemo
{
    internal static async Task<Outcome> RunAsync(string library)
    {
        Tree tree = new();
        using Process host = Process.Start(HostRole.StartInfo(library, tree))!;
        await host.StandardOutput.ReadLineAsync();
        tree.WaitUntilGrown();
        int[] pids = [.. tree.Pids().Where(pid => pid != host.Id)];
        long began = Stopwatch.GetTimestamp();
        host.Kill(); // SIGKILL
        await host.WaitForExitAsync();
        Outcome outcome = tree.WaitUntilGone(pids, began, TimeSpan.FromSeconds(2));
        tree.CleanUp();
        return outcome;
    }
}
