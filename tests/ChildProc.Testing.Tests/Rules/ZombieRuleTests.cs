using ChildProc.Testing.Tests.Infrastructure;

namespace ChildProc.Testing.Tests.Rules;

public sealed class ZombieRuleTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_dead_child_that_nobody_waits_for_is_reported()
    {
        await using LeakCheck check = Checks.Begin();
        using RawChild child = RawChild.StartAndEnd("/bin/true");
        Leak leak = await check.SingleAsync(LeakKind.Zombie);
        Assert.Equal(("CPL002", $"process {child.Id}, state Z: [true]"), (leak.Rule, leak.What));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_dead_child_that_is_waited_for_a_little_later_is_not_reported()
    {
        await using LeakCheck check = Checks.BeginPatient();
        using RawChild child = RawChild.StartAndEnd("/bin/true");
        Task<LeakReport> looking = check.InspectAsync().AsTask();
        Assert.False(looking.IsCompleted);
        child.Reap();
        Assert.True((await looking).IsClean, (await looking).ToString());
    }
}
