using ChildProc.Testing.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Testing.Tests.Rules;

public sealed class OrphanRuleTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_leftover_that_was_released_is_reported()
    {
        await using LeakCheck check = Checks.Begin();
        int left = await LeaveAsync(Leftovers.Release);
        await Eventually.HoldsAsync(() => File.ReadAllText($"/proc/{left}/stat").Contains(") S ", StringComparison.Ordinal), "it sleeps");
        Leak leak = await check.SingleAsync(LeakKind.Orphan);
        Assert.Equal(("CPL001", "puppet"), (leak.Rule, leak.Name));
        Assert.StartsWith($"process {left}, state S: ", leak.What, StringComparison.Ordinal);
        RawChild.Kill(left);
        await Eventually.HoldsAsync(() => !Directory.Exists($"/proc/{left}"), "the leftover is reaped");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_leftover_that_dies_with_the_disposal_is_not_reported()
    {
        await using LeakCheck check = Checks.Begin();
        await LeaveAsync(Leftovers.Kill);
        await check.CleanAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task The_tree_of_an_undisposed_child_is_that_child_s_matter()
    {
        await using LeakCheck check = Checks.Begin();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flat", "3", "3").Piped());
        await child.StandardOutput.ReadAsync(TestContext.Current.CancellationToken);
        await check.SingleAsync(LeakKind.Undisposed);
    }

    // The pid of the descendant that outlives its parent.
    private static async Task<int> LeaveAsync(Leftovers leftovers)
    {
        ChildProcessStartInfo info = new(Puppet.Seq("fork", "1", "pause", ",", "read-line")) { Leftovers = leftovers, StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Null };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await Eventually.HoldsAsync(() => child.GetDescendantIds().Count == 1, "it forks");
        int left = child.GetDescendantIds()[0];
        await child.StandardInput.CompleteAsync();
        await child.WaitForExitAsync();
        return left;
    }
}
