using System.Diagnostics;
using ChildProc;

namespace Quickstart;

/// <summary>The owner ends the tree.</summary>
internal static class CancelDemo
{
    internal static async Task<Outcome> WithChildProcAsync()
    {
        Tree tree = new();
        using CancellationTokenSource cancel = new();
        ChildProcessStartInfo info = new("sh", "-c", Tree.Script)
        {
            Environment = new Dictionary<string, string?> { [Tree.Variable] = tree.Id },
            StandardOutput = ChildStdio.Pipe,
            ContainmentRequirement = ContainmentRequirement.WholeTree, // the daemon included
            Stop = new StopPolicy(ChildSignal.Terminate, TimeSpan.FromMilliseconds(500)),
        };

        await using IChildProcess child = await ChildProcess.StartAsync(info, cancel.Token);
        using StreamReader output = new(child.StandardOutput.AsStream());
        await output.ReadLineAsync();
        List<Member> members = tree.WaitUntilGrown();
        Console.WriteLine($"ChildProc started shell {child.Id}, whose tree is held together by {child.Containment} ({child.GetDescendantIds().Count} descendants):");
        Tree.Draw(members);

        int[] pids = tree.Pids();
        long began = Stopwatch.GetTimestamp();
        await cancel.CancelAsync();
        try
        {
            await child.WaitForExitAsync();
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"Cancelled: the shell ended by {child.Exit}, and the tree is empty.");
        }

        return new Outcome(tree.Find(pids).Count, Stopwatch.GetElapsedTime(began)); // no second look: it must be gone now
    }

    internal static async Task<Outcome> WithProcessAsync()
    {
        Tree tree = new();
        ProcessStartInfo info = new("sh", ["-c", Tree.Script]) { RedirectStandardOutput = true };
        info.Environment[Tree.Variable] = tree.Id;
        using Process process = Process.Start(info)!;
        await process.StandardOutput.ReadLineAsync();
        tree.WaitUntilGrown();
        int[] pids = tree.Pids();
        long began = Stopwatch.GetTimestamp();
        process.Kill(entireProcessTree: true);
        process.WaitForExit(TimeSpan.FromSeconds(2)); // the redirected output may never end
        Outcome outcome = tree.WaitUntilGone(pids, began, TimeSpan.FromSeconds(1));
        tree.CleanUp();
        return outcome;
    }
}
