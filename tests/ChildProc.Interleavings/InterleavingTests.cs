using System.Runtime.CompilerServices;
using ChildProc.Interleavings.Scenarios;

namespace ChildProc.Interleavings;

/// <summary>Every law of a scenario holds in whatever order its threads, the reactor, the keepers, the timers and the time get on.</summary>
public sealed class InterleavingTests(ITestOutputHelper output)
{
    private const int Patience = 3_600_000;

    /// <inheritdoc cref="Deaths.Guardian_and_supervisor_die_together"/>
    [Fact(Timeout = Patience)]
    public Task Guardian_and_supervisor_die_together() => HoldsAsync();

    /// <inheritdoc cref="Deaths.A_supervisor_dies_and_the_guardian_kills_its_orphans"/>
    [Fact(Timeout = Patience)]
    public Task A_supervisor_dies_and_the_guardian_kills_its_orphans() => HoldsAsync();

    /// <inheritdoc cref="Deaths.Everybody_dies_while_the_child_exits"/>
    [Fact(Timeout = Patience)]
    public Task Everybody_dies_while_the_child_exits() => HoldsAsync();

    /// <inheritdoc cref="Waits.Everybody_hears_of_the_exit"/>
    [Fact(Timeout = Patience)]
    public Task Everybody_hears_of_the_exit() => HoldsAsync();

    /// <inheritdoc cref="Waits.A_refused_reactor_leaves_nobody_asleep"/>
    [Fact(Timeout = Patience)]
    public Task A_refused_reactor_leaves_nobody_asleep() => HoldsAsync();

    /// <inheritdoc cref="Waits.A_refusal_is_told_to_who_waits_by_a_task"/>
    [Fact(Timeout = Patience)]
    public Task A_refusal_is_told_to_who_waits_by_a_task() => HoldsAsync();

    /// <inheritdoc cref="Waits.A_late_end_of_a_wait_spares_the_next_one"/>
    [Fact(Timeout = Patience)]
    public Task A_late_end_of_a_wait_spares_the_next_one() => HoldsAsync();

    /// <inheritdoc cref="Waits.A_disposal_that_gives_up_wakes_every_wait"/>
    [Fact(Timeout = Patience)]
    public Task A_disposal_that_gives_up_wakes_every_wait() => HoldsAsync();

    /// <inheritdoc cref="Disposals.Properties_stay_the_same_beside_a_disposal"/>
    [Fact(Timeout = Patience)]
    public Task Properties_stay_the_same_beside_a_disposal() => HoldsAsync();

    /// <inheritdoc cref="Disposals.A_stale_owner_never_reaches_the_next_child"/>
    [Fact(Timeout = Patience)]
    public Task A_stale_owner_never_reaches_the_next_child() => HoldsAsync();

    /// <inheritdoc cref="Disposals.Trees_change_hands_and_every_status_is_right"/>
    [Fact(Timeout = Patience)]
    public Task Trees_change_hands_and_every_status_is_right() => HoldsAsync();

    /// <inheritdoc cref="Disposals.A_forgotten_child_is_given_up"/>
    [Fact(Timeout = Patience)]
    public Task A_forgotten_child_is_given_up() => HoldsAsync();

    /// <inheritdoc cref="Starts.A_start_ends_by_whichever_comes_first"/>
    [Fact(Timeout = Patience)]
    public Task A_start_ends_by_whichever_comes_first() => HoldsAsync();

    /// <inheritdoc cref="Starts.A_blocking_start_ends_by_whichever_comes_first"/>
    [Fact(Timeout = Patience)]
    public Task A_blocking_start_ends_by_whichever_comes_first() => HoldsAsync();

    /// <inheritdoc cref="Starts.A_lifetime_ends_beside_the_exit_and_the_disposal"/>
    [Fact(Timeout = Patience)]
    public Task A_lifetime_ends_beside_the_exit_and_the_disposal() => HoldsAsync();

    // The scenario has the name of the test.
    private async Task HoldsAsync([CallerMemberName] string scenario = "")
    {
        (string? failure, string figures) = await Task.Run(() => (Explorer.Explore(scenario, out string told), told));
        output.WriteLine(figures);
        Assert.True(failure is null, failure);
    }
}
