using System.Globalization;

namespace ChildProc.Tests.Infrastructure;

/// <summary>A host of its own that does nothing else and counts what it has: there a leak of one in thousands is seen.</summary>
internal static class MeasuredHost
{
    // What the runtime keeps is the same on every machine: the budget of generation 0 would be the size of the L3 cache, the pool
    // would have a thread for each core, code would be compiled again at any moment, and the array pool would keep what it once had
    // unless memory seems to be short. Numbers are hexadecimal: learn.microsoft.com/dotnet/core/runtime-config/garbage-collector.
    private static readonly Dictionary<string, string> s_runtime = new()
    {
        ["DOTNET_GCgen0size"] = "400000",
        ["DOTNET_GCHighMemPercent"] = "1",
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_PROCESSOR_COUNT"] = "2",
        ["DOTNET_TieredCompilation"] = "0",
    };

    /// <summary>Runs it to its end.</summary>
    /// <param name="output">Gets what it printed.</param>
    /// <param name="environment">Variables of the host's.</param>
    /// <param name="words">Its verb and arguments; the puppet's path goes between them.</param>
    internal static async Task<Dictionary<string, int>> RunAsync(ITestOutputHelper output, IEnumerable<KeyValuePair<string, string>> environment, params string[] words)
    {
        using HostProcess host = HostProcess.Start([], null, [.. s_runtime, .. environment], words);
        string text = await host.Process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        output.WriteLine(text);
        Assert.Equal(0, host.Process.ExitCode);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(static l => l.Split('=')[0], static l => int.Parse(l.Split('=')[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Many cycles of one kind: what they leave. Memory is what every third of them adds.</summary>
    internal static async Task AssertFlatAsync(ITestOutputHelper output, string kind, int times, Dictionary<string, string>? environment = null)
    {
        Dictionary<string, int> left = await RunAsync(output, environment ?? [], "flatness", kind, times.ToString(CultureInfo.InvariantCulture));
        Assert.InRange(left["descriptors"], -5, 0); // one of before may have been on its way out
        Assert.InRange(left["threads"], -5, 0);
        Assert.Equal((0, 0), (left["owned"], left["zombies"]));
        Assert.InRange(left["poolThreads"], -20, 4); // they come and go
        Assert.InRange(left["managed"], -10_000_000, 12_000);
        Assert.InRange(left["resident"], -100_000_000, 400_000);
        bool hasTree = environment is null && UnderTest.HoldsWholeTree;
        Assert.InRange(left["keepers"], hasTree ? 2 : 1, 17); // Flatness.MostKeepers
        Assert.InRange(left["keeperDescriptors"], Keepers.CanBeLookedInto ? 1 : 0, 12);
        Assert.InRange(left["keeperResident"], 0, 1024); // kilobytes
    }
}
