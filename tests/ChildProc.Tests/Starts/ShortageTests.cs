using ChildProc.Tests.Engines.Direct;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

/// <summary>What a host runs short of for a while: a start says so, and nothing is the weaker for it afterwards.</summary>
public sealed class ShortageTests
{
    // What the runtime compiles again, or maps twice, while there is no descriptor would end it.
    private static readonly Dictionary<string, string> s_calm = new() { ["DOTNET_TieredCompilation"] = "0", ["DOTNET_EnableWriteXorExecute"] = "0" };

    private static readonly Dictionary<string, string> s_calmGroup = new(s_calm.Concat(DirectHost.Gated));

    [Fact(Timeout = 120_000)]
    public async Task Descriptors_that_are_short_for_a_while_weaken_nothing()
    {
        Requires.Keepers();
        (int code, string text) = await HostProcess.RunAsync([], s_calm, ["short-of-descriptors"]);
        Assert.Equal(0, code);
        string[] lines = text.Split('\n');
        Assert.Equal(9, lines.Length); // with 0 to 8 free
        Assert.Equal("0: Supervised, refused, refused, then Supervised", lines[0]);
        Assert.All(lines, static line => Assert.Matches("^. *: Supervised, (refused|started), (refused|started), then Supervised$", line));
    }

    [Fact(Timeout = 120_000)]
    public async Task Under_a_process_group_they_do_not_end_the_host_either()
    {
        (int code, string text) = await HostProcess.RunAsync([], s_calmGroup, ["short-of-descriptors"]);
        Assert.Equal(0, code);
        Assert.All(text.Split('\n'), static line => Assert.Matches("^.: ProcessGroup, (refused|started), (refused|started), then ProcessGroup$", line));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_kill_under_a_process_group_waits_for_descriptors_and_is_not_taken_for_done()
        => Assert.Equal((0, "empty"), await HostProcess.RunAsync([], s_calmGroup, ["kill-without-descriptors"]));

    [Fact(Timeout = 120_000)]
    public async Task Processes_and_threads_that_are_short_for_a_while_weaken_nothing()
    {
        Requires.Keepers();
        await using ProcessCountLimit limit = ProcessCountLimit.Create();
        using HostProcess host = HostProcess.Start([], null, "short-of-processes"); // gone before the group
        Assert.Equal("ready", await host.LineAsync());
        limit.Add(host.Id);
        limit.Forbid();
        await host.Process.StandardInput.WriteLineAsync();
        Assert.Equal("Supervised, refused, refused", await host.LineAsync());
        limit.Allow();
        await host.Process.StandardInput.WriteLineAsync();
        Assert.Equal("Supervised", await host.LineAsync());
        await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }
}
