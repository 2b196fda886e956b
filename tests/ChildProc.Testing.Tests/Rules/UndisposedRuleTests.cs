using System.Runtime.CompilerServices;
using ChildProc.Testing.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Testing.Tests.Rules;

public sealed class UndisposedRuleTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_child_that_is_not_disposed_is_reported_with_the_stack_of_its_start()
    {
        await using LeakCheck check = Checks.Begin();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        Leak leak = await check.SingleAsync(LeakKind.Undisposed);
        Assert.Equal(("CPL007", Puppet.Path), (leak.Rule, leak.Name));
        Assert.Contains($"{child.Id} {Puppet.Path} pause (running, started", leak.What, StringComparison.Ordinal);
        Assert.Contains(nameof(A_child_that_is_not_disposed_is_reported_with_the_stack_of_its_start), leak.StartStack, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_has_exited_and_is_not_disposed_is_reported()
    {
        await using LeakCheck check = Checks.Begin();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("exit", "3"));
        await child.WaitForTreeAsync();
        Assert.Contains("(exited, ", (await check.SingleAsync(LeakKind.Undisposed)).What, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_was_dropped_is_reported_after_its_collection()
    {
        await using LeakCheck check = LeakCheck.Begin();
        await DropAsync();
        Leak leak = await check.SingleAsync(LeakKind.Undisposed);
        Assert.StartsWith("child, dropped and finalized: ", leak.What, StringComparison.Ordinal);
        Assert.Contains(nameof(DropAsync), leak.StartStack, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_is_disposed_a_little_later_is_not_reported()
    {
        await using LeakCheck check = Checks.BeginPatient();
        IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        Task<LeakReport> looking = check.InspectAsync().AsTask();
        Assert.False(looking.IsCompleted);
        await child.DisposeAsync();
        Assert.True((await looking).IsClean, (await looking).ToString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_was_there_before_is_not_reported()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        await using LeakCheck check = Checks.Begin();
        await check.CleanAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_of_another_flow_is_that_flow_s_matter()
    {
        IChildProcess? theirs = null;
        LeakReport? report = null;
        await Task.WhenAll(Task.Run(OneAsync), Task.Run(OtherAsync));
        Assert.Equal(theirs!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), Assert.Single(report!.Leaks).What.Split(' ')[1]);
        await theirs.DisposeAsync();

        async Task OneAsync()
        {
            await using LeakCheck check = LeakCheck.Begin(static o => o.ProcessWide = false);
            await (await ChildProcess.StartAsync(Puppet.Info("exit", "0"))).DisposeAsync();
            await Eventually.HoldsAsync(() => Volatile.Read(ref report) is not null, "the other one has leaked");
            await check.VerifyAsync();
        }

        async Task OtherAsync()
        {
            await using LeakCheck check = LeakCheck.Begin(static o => (o.ProcessWide, o.Settle) = (false, TimeSpan.Zero));
            theirs = await ChildProcess.StartAsync(Puppet.Info("pause"));
            Volatile.Write(ref report, await check.InspectAsync());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task DropAsync() => await ChildProcess.StartAsync(Puppet.Info("exit", "0"));
}
