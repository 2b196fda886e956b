using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Faults;

/// <summary>A supervisor that somebody stops.</summary>
public sealed class StoppedSupervisorTests
{
    [Fact(Timeout = 60_000)]
    public async Task It_delays_its_own_tree_alone_and_loses_nothing()
    {
        Requires.Keepers();
        await using IChildProcessHost host = TestHost.Create();
        await using IChildProcess child = await host.StartAsync(Puppet.Info("flat", "3", "1").Piped());
        await child.ExpectAsync("ready 3");
        int supervisor = Keepers.SupervisorOf(child);
        Syscall.kill(supervisor, Signum.SIGSTOP);
        try
        {
            child.Kill();
            Assert.Equal(4, (await host.RunAsync(Puppet.Info("exit", "4"))).Status.Code);
            using CancellationTokenSource patience = new(200);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await child.WaitForExitAsync(patience.Token));
            Assert.False(child.HasExited);
        }
        finally
        {
            Syscall.kill(supervisor, Signum.SIGCONT);
        }

        Assert.Equal(ChildSignal.Kill, (await child.WaitForExitAsync()).Signal);
        await child.WaitForTreeAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kill_reaches_it_behind_all_the_signals_that_it_takes_and_holds_nobody_up(bool byStop)
    {
        const int SignalFailed = 6;
        Requires.Keepers();
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        await using IChildProcess child = await host.StartAsync(Puppet.Info("flat", "3", "1").Piped());
        await child.ExpectAsync("ready 3");
        int supervisor = Keepers.SupervisorOf(child);
        Syscall.kill(supervisor, Signum.SIGSTOP);
        Task end;
        try
        {
            while (child.Signal(ChildSignal.Continue))
            {
                // until one is refused
            }

            await Eventually.HoldsAsync(() => log.Has(SignalFailed), "that is told");
            long began = Environment.TickCount64;
            end = byStop ? child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromMilliseconds(50))).AsTask() : Task.CompletedTask;
            child.Kill();
            Assert.InRange(Environment.TickCount64 - began, 0, 4000);
        }
        finally
        {
            Syscall.kill(supervisor, Signum.SIGCONT);
        }

        Assert.Equal(ChildSignal.Kill, (await child.WaitForExitAsync().AsTask().WaitAsync(Eventually.Patience)).Signal);
        await child.WaitForTreeAsync().AsTask().WaitAsync(Eventually.Patience);
        await end;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_disposal_that_gives_up_wakes_every_wait()
    {
        Requires.Keepers();
        await using IChildProcessHost host = TestHost.Create();
        IChildProcess child = await host.StartAsync(Puppet.Info("pause"));
        int supervisor = Keepers.SupervisorOf(child);
        Task<ExitStatus>[] waits = [Blocking(), Blocking(), child.WaitForExitAsync().AsTask()];
        Syscall.kill(supervisor, Signum.SIGSTOP);
        try
        {
            await child.DisposeAsync();
            foreach (Task<ExitStatus> wait in waits)
            {
                Assert.False((await wait.WaitAsync(Eventually.Patience)).IsKnown);
            }
        }
        finally
        {
            Syscall.kill(supervisor, Signum.SIGCONT);
        }

        await Eventually.HoldsAsync(() => !Keepers.IsAlive(child.Id), "the child is killed");

        Task<ExitStatus> Blocking() => Task.Factory.StartNew(child.WaitForExit, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exit_while_it_is_stopped_is_told_later_and_exactly()
    {
        Requires.Keepers();
        await using IChildProcessHost host = TestHost.Create();
        await using IChildProcess child = await host.StartAsync(new ChildProcessStartInfo(Puppet.Seq("read-line", ",", "exit", "23")) { StandardInput = ChildStdio.Pipe });
        int supervisor = Keepers.SupervisorOf(child);
        Syscall.kill(supervisor, Signum.SIGSTOP);
        try
        {
            await child.StandardInput.WriteAsync("go\n"u8.ToArray(), TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync(() => !Keepers.IsAlive(child.Id), "the child has ended");
            Assert.False(child.HasExited);
        }
        finally
        {
            Syscall.kill(supervisor, Signum.SIGCONT);
        }

        Assert.Equal(23, (await child.WaitForExitAsync()).Code);
    }
}
