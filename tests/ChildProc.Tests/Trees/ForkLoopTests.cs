using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

public sealed class ForkLoopTests
{
    public ForkLoopTests() => Requires.Keepers();

    [Fact(Timeout = 120_000)]
    public async Task The_dead_of_a_fork_loop_are_reaped_while_it_is_being_killed()
    {
        // Unreaped, they make every look at the tree longer than a link of the chain lives, and take all pids of the system.
        for (int i = 0; i < 10; i++)
        {
            await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Seq("fork-loop", "5", "60000", ",", "fork", "3", "pause", ",", "print", "ready", ",", "pause").Piped());
            await child.ExpectAsync("ready");
            int supervisor = Keepers.SupervisorOf(child), most = 0;
            child.Kill();
            Task empty = child.WaitForTreeAsync().AsTask();
            while (!empty.IsCompleted)
            {
                most = Math.Max(most, ProcFile.Children(supervisor).Count);
                await Task.WhenAny(empty, Task.Delay(2, TestContext.Current.CancellationToken));
            }

            await empty;
            Assert.InRange(most, 0, 8192); // a quarter of the smallest table of processes: unreaped, they fill all of it
        }
    }
}
