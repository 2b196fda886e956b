using System.Globalization;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

/// <summary>Counted in a host of its own, which does nothing else.</summary>
public sealed class PipelineFlatnessTests(ITestOutputHelper output)
{
    [Fact(Timeout = 300_000)]
    public async Task Thousands_of_pipelines_run_disposed_and_failed_leave_nothing()
    {
        using HostProcess host = HostProcess.Start([], null, "flatness", "pipelines", "3000");
        string text = await host.Process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        output.WriteLine(text);
        Assert.Equal(0, host.Process.ExitCode);
        Dictionary<string, int> left = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(static l => l.Split('=')[0], static l => int.Parse(l.Split('=')[1], CultureInfo.InvariantCulture));
        Assert.InRange(left["descriptors"], -5, 0); // one of before may have been on its way out
        Assert.InRange(left["threads"], 0, 6);
        Assert.InRange(left["managed"], -10_000_000, 200_000);
        Assert.InRange(left["resident"], -100_000_000, 12_000_000); // a page for each pipeline; what is compiled meanwhile takes the most of it
        Assert.InRange(left["keeperDescriptors"], Keepers.CanBeLookedInto ? 1 : 0, 12);
    }
}
