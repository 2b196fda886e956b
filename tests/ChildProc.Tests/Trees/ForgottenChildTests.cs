using System.Runtime.CompilerServices;
using ChildProc.Testing.Xunit;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

[AllowLeaks("to forget children is the point")]
public sealed class ForgottenChildTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_dropped_child_dies_after_a_collection_and_that_is_logged()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource longLived = new();
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        await StartAndForgetAsync(host, marker, longLived.Token);
        Assert.NotEmpty(marker.Survivors());
        await Eventually.HoldsAfterCollectionAsync(() => marker.Survivors().Count == 0, "the forgotten tree dies");
        await Eventually.HoldsAsync(() => log.Has(4), "it is logged");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pending_wait_or_read_keeps_a_child()
    {
        using Marker marker = Marker.Create();
        Task<ExitStatus> wait = await WaitOnlyAsync(marker);
        Task<string?> read = await ReadOnlyAsync(marker);
        await marker.SurvivorsAsync(2);
        for (int i = 0; i < 5; i++)
        {
            Eventually.Collect();
        }

        Assert.Equal(2, marker.Survivors().Count);
        marker.Dispose();
        Assert.Equal(ChildSignal.Kill, (await wait).Signal);
        Assert.Null(await read);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task StartAndForgetAsync(IChildProcessHost host, Marker marker, CancellationToken lifetime)
    {
        IChildProcess child = await host.StartAsync(marker.Mark(Puppet.Info("flat", "3", Puppet.Daemons(3)).Piped()), lifetime);
        await child.ExpectAsync("ready 3");
    }

    private static async Task<Task<ExitStatus>> WaitOnlyAsync(Marker marker)
    {
        IChildProcess child = await ChildProcess.StartAsync(marker.Mark(Puppet.Info("pause")));
        return child.WaitForExitAsync().AsTask();
    }

    private static async Task<Task<string?>> ReadOnlyAsync(Marker marker)
    {
        IChildProcess child = await ChildProcess.StartAsync(marker.Mark(Puppet.Info("pause").Piped()));
        return new StreamReader(child.StandardOutput.AsStream()).ReadLineAsync();
    }
}
