using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>A grace is the tree's, however many wait for its end.</summary>
public sealed class GraceTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_waits_for_the_exit_cuts_no_grace_of_the_tree(bool blocking)
    {
        using CancellationTokenSource lifetime = new();
        ChildProcessStartInfo info = new(Puppet.Seq("trap-exit", "TERM", "0", ",", "fork", "1", "trap", "TERM", "asked", "+", "print", "ready", "+", "wait-eof", "+", "print", "clean", ",", "pause").Piped())
        {
            StandardInput = ChildStdio.Pipe,
            DrainTimeout = Timeout.InfiniteTimeSpan,
            Stop = new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1), SignalScope.Tree),
        };
        await using IChildProcess child = await ChildProcess.StartAsync(info, lifetime.Token);
        await child.ExpectAsync("ready");
        Task wait = blocking
            ? Task.Factory.StartNew(() => child.WaitForExit(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            : child.WaitForExitAsync().AsTask();

        await lifetime.CancelAsync();
        await child.ExpectAsync("asked");
        await Eventually.HoldsAsync(() => child.HasExited, "the child obeys");
        for (int i = 0; i < 5; i++)
        {
            await ChildProcess.RunAsync(Puppet.Info("exit", "0")); // a kill would be over by now
        }

        Assert.False(wait.IsCompleted);
        await child.StandardInput.CompleteAsync(); // the grandchild may finish its clean-up
        await child.ExpectAsync("clean");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}
