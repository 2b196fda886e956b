using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

public sealed class HostDeathTests(ITestOutputHelper output)
{
    // The figure that the library promises is 200 ms; a loaded machine may delay it without a fault of the library.
    private static readonly TimeSpan s_bound = Eventually.Patience;

    [Fact(Timeout = 90_000)]
    public async Task Nothing_outlives_a_host_that_is_killed()
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, "trees", "20", "seq", Puppet.Daemon, "ignore", "TERM", "+", "pause", ",", "fork", "1", "pause", ",", "print", "ready", ",", "pause");
        Assert.Equal("ready", await host.LineAsync());
        Assert.True(marker.Survivors().Count >= 61);
        List<int> keepers = Keepers.OfHost(host.Id);
        Assert.True(keepers.Count >= (UnderTest.HoldsWholeTree ? 21 : 1)); // one for each tree, or the watchdog

        host.Kill();
        TimeSpan took = await Eventually.HoldsAsync(() => marker.Survivors().Count == 0 && !keepers.Exists(Keepers.IsAlive), "trees and keepers go", s_bound);
        output.WriteLine($"20 trees of 3: gone after {took.TotalMilliseconds:F0} ms");
    }

    [Fact(Timeout = 180_000)]
    public async Task Nothing_outlives_a_host_that_is_killed_at_any_moment()
    {
        Random random = new(20);
        for (int i = 0; i < 15; i++)
        {
            using Marker marker = Marker.Create();
            using HostProcess host = HostProcess.Start([], marker, "start-loop");
            Assert.Equal("ready", await host.LineAsync());
            await Task.Delay(random.Next(0, 60), TestContext.Current.CancellationToken); // the moment is the point
            List<int> keepers = Keepers.OfHost(host.Id);
            host.Kill();
            await Eventually.HoldsAsync(() => marker.Survivors().Count == 0 && !keepers.Exists(Keepers.IsAlive), "trees and keepers go", s_bound);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null)]
    [InlineData("ENOSYS")]
    [InlineData("EPERM")]
    public async Task A_copy_of_the_hosts_sockets_elsewhere_does_not_hide_its_death(string? errorOfPidfds)
    {
        Requires.Keepers();
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start(errorOfPidfds is null ? [] : ["refuse", errorOfPidfds, "pidfd_open"], marker, "trees", "3", "flat", "4", "2");
        string? line = await host.LineAsync();
        Assert.SkipWhen(line is null, "no permission to install a seccomp filter");
        List<int> keepers = Keepers.OfHost(host.Id);
        List<Descriptor> copies = CopiedSockets.Of(host.Id);
        Assert.SkipWhen(copies.Count == 0, "no permission to copy a descriptor of another process (pidfd_getfd, Linux 5.6)");
        try
        {
            host.Kill();
            await Eventually.HoldsAsync(() => marker.Survivors().Count == 0 && !keepers.Exists(Keepers.IsAlive), "trees and keepers go", s_bound);
        }
        finally
        {
            copies.ForEach(static c => c.Dispose());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_outlives_a_host_that_ends_normally()
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, "trees-exit", "5", "flat", "4", Puppet.Daemons(2));
        Assert.Equal("ready", await host.LineAsync());
        await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "trees and keepers go", s_bound);
        Assert.Equal(0, host.Process.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tree_may_ask_for_a_signal_and_a_grace_when_its_owner_is_lost()
    {
        using Marker marker = Marker.Create();
        string fifo = Path.Combine(Path.GetTempPath(), "childproc-" + marker.Value);
        try
        {
            // SIGTERM ends the first pause by "exec": the child then writes the file and is done.
            using HostProcess host = HostProcess.Start([], marker, "owner-lost", "exec", "/bin/sh", "-c", $"trap 'echo graceful > {fifo}; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
            Assert.Equal("ready", await host.LineAsync());
            host.Kill();
            await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "the tree goes", s_bound);
            Assert.Equal("graceful\n", await File.ReadAllTextAsync(fifo, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(fifo);
        }
    }
}
