using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

public sealed class SupervisorPoolTests
{
    private const int Burst = 150, MostIdle = 2 * 64; // pool.h: CP_MAX_WANTED
    private static readonly TimeSpan s_oneBecomesBored = TimeSpan.FromSeconds(90); // supervisor.c: IDLE_SECONDS, and the load of other tests

    public SupervisorPoolTests() => Requires.Keepers();

    [Fact(Timeout = 180_000)]
    [Soak]
    public async Task It_grows_with_a_burst_and_shrinks_when_that_is_over()
    {
        await using IChildProcessHost host = TestHost.Create();
        Assert.True((await host.RunAsync(Puppet.Info("exit", "0"))).Status.IsSuccess);
        int guardian = Keepers.GuardianOf(host);
        IChildProcess[] children = await Task.WhenAll(Enumerable.Range(0, Burst).Select(_ => host.StartAsync(Puppet.Info("pause")).AsTask()));
        Assert.Equal(Burst, children.Select(Keepers.SupervisorOf).Distinct().Count());
        Assert.InRange(Supervisors(), Burst, Burst + MostIdle);

        await children.DisposeAllAsync();
        await Eventually.HoldsAsync(() => Supervisors() <= MostIdle, "those beyond twice the wanted leave at once");
        if (SoakAttribute.IsWhole)
        {
            await Eventually.HoldsAsync(() => Supervisors() <= 2 * Math.Max(2, Environment.ProcessorCount), "the others leave one by one", s_oneBecomesBored);
        }

        Assert.True((await host.RunAsync(Puppet.Info("exit", "0"))).Status.IsSuccess);

        int Supervisors() => ProcFile.Children(guardian).Count;
    }
}
