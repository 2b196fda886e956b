using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Events;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>The kernel refuses to watch the lifeline (epoll_ctl(2): ENOMEM, ENOSPC; here EEXIST, for the test has added it already).</summary>
[SupportedOSPlatform("linux")]
public sealed class RefusedListeningTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_refusal_is_told_to_who_waits_by_a_task_and_every_other_wait_goes_on()
    {
        Requires.Keepers();
        using IChildProcess child = ChildProcess.Start(Puppet.Info("pause"));
        using (Refusal.Of(child))
        {
            await Assert.ThrowsAsync<IOException>(() => child.WaitForExitAsync().AsTask());
            await Assert.ThrowsAsync<IOException>(() => child.WaitForTreeAsync().AsTask());
            Task<bool> reader = Blocking(() => child.WaitForExit(TimeSpan.FromSeconds(1), out _));
            Task[] waits = await WhileReadAsync(child);
            Assert.False(await reader); // its own time was over, and nothing else
            foreach (Task wait in waits)
            {
                await Assert.ThrowsAsync<IOException>(() => wait.WaitAsync(Eventually.Patience));
            }

            reader = Blocking(() => child.WaitForExit(TimeSpan.FromSeconds(1), out _));
            waits = await WhileReadAsync(child);
            Task<ExitStatus> sleeper = Blocking(child.WaitForExit); // reads on for all of them, or some are refused before
            Assert.False(await reader);
            child.Kill();
            Assert.Equal(ChildSignal.Kill, (await sleeper.WaitAsync(Eventually.Patience)).Signal);
            foreach (Task wait in waits)
            {
                await wait.WaitAsync(Eventually.Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                Assert.True(wait.IsCompletedSuccessfully || wait.Exception?.InnerException is IOException, wait.Status.ToString());
            }
        }

        Assert.Equal(ChildSignal.Kill, (await child.WaitForExitAsync().AsTask().WaitAsync(Eventually.Patience)).Signal);
        await child.WaitForTreeAsync().AsTask().WaitAsync(Eventually.Patience);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wait_after_a_refusal_is_a_new_one()
    {
        Requires.Keepers();
        using IChildProcess child = ChildProcess.Start(Puppet.Info("pause"));
        using (Refusal.Of(child))
        {
            await Assert.ThrowsAsync<IOException>(() => child.WaitForTreeAsync().AsTask());
            await Assert.ThrowsAsync<IOException>(() => child.WaitForExitAsync().AsTask());
        }

        Task tree = child.WaitForTreeAsync().AsTask();
        Task<ExitStatus> exit = child.WaitForExitAsync().AsTask();
        child.Kill();
        Assert.Equal(ChildSignal.Kill, (await exit.WaitAsync(Eventually.Patience)).Signal);
        await tree.WaitAsync(Eventually.Patience);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stop_reaches_the_kill_and_a_disposal_the_end()
    {
        Requires.Keepers();
        using IChildProcess child = ChildProcess.Start(Puppet.Info("pause"));
        using Refusal refusal = Refusal.Of(child);
        await Assert.ThrowsAsync<IOException>(() => child.StopAsync(new StopPolicy(ChildSignal.FromNumber(23), TimeSpan.FromMinutes(5))).AsTask()); // SIGURG, which is ignored
        Assert.Equal(ChildSignal.Kill, child.WaitForExit().Signal);
        child.Dispose();
    }

    // Each on a thread of its own: the pool's may be few.
    private static Task<T> Blocking<T>(Func<T> wait) => Task.Factory.StartNew(wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // A wait by a task needs the reactor, which is refused, unless somebody reads: so it also tells when somebody does.
    private static async Task<Task[]> WhileReadAsync(IChildProcess child)
    {
        Task<ExitStatus> first = Task.FromException<ExitStatus>(new IOException());
        await Eventually.HoldsAsync(() => !(first = first.IsCompleted ? child.WaitForExitAsync().AsTask() : first).IsCompleted, "somebody reads");
        return [first, child.WaitForExitAsync().AsTask(), child.WaitForTreeAsync().AsTask()];
    }

    /// <summary>The reactor's epoll has the child's lifeline already, so it cannot be added to it.</summary>
    private sealed class Refusal : IDisposable
    {
        private readonly int _lifeline;

        private Refusal(int lifeline)
        {
            _lifeline = lifeline;
            Assert.Equal(0, Control(Libc.EPOLL_CTL_ADD));
        }

        internal static Refusal Of(IChildProcess child)
            => new(ChildProcessDiagnostics.GetChildren().Single(entry => entry.Id == child.Id && entry.HasOwner).Descriptors.Single());

        public void Dispose() => Control(Libc.EPOLL_CTL_DEL);

        // For no event, and with a slot's version that never is: what the kernel tells all the same, once, reaches nobody.
        private unsafe int Control(int operation)
        {
            Libc.EpollEventX64 packed = new() { Events = Libc.EPOLLONESHOT, Data = ulong.MaxValue << 32 };
            Libc.EpollEventArm64 aligned = new() { Events = Libc.EPOLLONESHOT, Data = ulong.MaxValue << 32 };
            return Libc.epoll_ctl(Reactor.Descriptor!.Value, operation, _lifeline, RuntimeInformation.ProcessArchitecture == Architecture.X64 ? &packed : &aligned);
        }
    }
}
