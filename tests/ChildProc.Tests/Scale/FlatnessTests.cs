using System.Globalization;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Scale;

[Soak]
public sealed class FlatnessTests(ITestOutputHelper output)
{
    [Fact(Timeout = 1_800_000)]
    public async Task A_hundred_thousand_cycles_of_start_and_wait_leave_nothing() => await MeasuredHost.AssertFlatAsync(output, "cycles", Times(2_000, 100_000));

    [Fact(Timeout = 600_000)]
    public async Task Ten_thousand_failing_starts_of_every_kind_leave_nothing() => await MeasuredHost.AssertFlatAsync(output, "failing", Times(2_000, 10_000));

    [Fact(Timeout = 300_000)]
    public async Task Children_that_ended_and_were_never_disposed_leave_nothing() => await MeasuredHost.AssertFlatAsync(output, "forgotten", SoakAttribute.Times(1_000, 3_000));

    [Fact(Timeout = 600_000)]
    public async Task Thousands_of_runs_with_every_kind_of_pumped_stream_leave_nothing() => await MeasuredHost.AssertFlatAsync(output, "pumped", Times(500, 6_000));

    [Fact(Timeout = 300_000)]
    public async Task Five_hundred_children_echo_byte_for_byte_through_one_reactor_thread()
    {
        Dictionary<string, int> echo = await MeasuredHost.RunAsync(output, [], "echo", "500", "300000");
        Assert.Equal((500, 1), (echo["exact"], echo["reactors"]));
        Assert.InRange(echo["threads"], 1, 40); // the runtime's own, and its pool; none per child
    }

    [Fact(Timeout = 300_000)]
    public async Task Five_thousand_live_children_cost_no_thread_and_less_than_a_kilobyte_each()
    {
        // Two pipes each, and a pending wait and a pending read on a tenth of them.
        int count = SoakAttribute.IsWhole ? 5_000 : 500, needed = (3 * count) + 1_000;
        string limit = Array.Find(await File.ReadAllLinesAsync("/proc/self/limits", TestContext.Current.CancellationToken), static l => l.StartsWith("Max open files", StringComparison.Ordinal))!;
        Assert.SkipUnless(long.TryParse(limit.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], out long files) && files > needed, $"needs {needed} descriptors: {limit}");
        Dictionary<string, int> added = await MeasuredHost.RunAsync(output, [], "live-children", $"{count}", $"{count / 10}");
        Assert.InRange(added["bytes"], 0, 1024);
        Assert.InRange(added["threads"], -5, 0);
        Assert.InRange(added["poolThreads"], -20, 4); // they come and go
    }

    // A start under a process group takes two execs and a fork of the host.
    private static int Times(int brief, int whole) => SoakAttribute.Times(brief, UnderTest.HoldsWholeTree ? whole : whole / 20);
}
