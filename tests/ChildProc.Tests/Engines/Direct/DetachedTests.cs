using System.Runtime.CompilerServices;
using ChildProc.Interop;
using ChildProc.Testing.Xunit;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Direct;

/// <summary><see cref="Containment.None"/>: a child that is nobody's.</summary>
public sealed class DetachedTests
{
    [Fact(Timeout = 60_000)]
    public async Task It_leads_a_session_of_its_own_and_is_nobodys_child_of_ours()
    {
        IChildProcess child = await ChildProcess.StartAsync(Detached(Puppet.Seq("ids", ",", "pause").Piped()));
        List<string> ids = await DirectHost.IdsAsync(child);
        Assert.Contains($"pgid={child.Id}", ids);
        Assert.Contains($"sid={child.Id}", ids);
        Assert.Equal(Containment.None, child.Containment);
        await Eventually.HoldsAsync(() => Keepers.ParentOf(child.Id) is not 0 and var parent && parent != Environment.ProcessId && ProcFs.Command(parent) != "childproc-child", "the process between them ends");
        Assert.DoesNotContain(child.Id, ProcFile.Children(Environment.ProcessId));
        child.Kill();
        await child.WaitForTreeAsync();
        await child.DisposeAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_outlives_the_disposal_of_its_object_and_of_its_host(bool ofHost)
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create();
        IChildProcess child = await host.StartAsync(Detached(marker.Mark(Puppet.Info("pause"))));
        await (ofHost ? host.DisposeAsync() : child.DisposeAsync());
        await Task.Delay(50, TestContext.Current.CancellationToken); // a kill would be there by now
        Assert.Equal([child.Id], await marker.SurvivorsAsync(1));
        child.Dispose();
    }

    [Fact(Timeout = 60_000)]
    [AllowLeaks("to forget the object is the point")]
    public async Task It_outlives_the_collection_of_its_object_and_nothing_is_logged()
    {
        using Marker marker = Marker.Create();
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        await StartAndForgetAsync(host, marker);
        await marker.SurvivorsAsync(1);
        for (int i = 0; i < 5; i++)
        {
            Eventually.Collect();
        }

        Assert.Single(marker.Survivors());
        Assert.False(log.Has(4));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_outlives_the_end_of_the_host_process(bool killed)
    {
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start([], marker, "detached", "pause");
        int pid = int.Parse((await host.LineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
        if (killed)
        {
            host.Kill();
        }
        else
        {
            host.Process.StandardInput.Close();
        }

        await host.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => !Keepers.OfHost(host.Id).Exists(Keepers.IsAlive), "keepers go");
        Assert.Equal([pid], await marker.SurvivorsAsync(1));
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_asks_can_signal_stop_and_kill_it_and_nothing_below_it()
    {
        using Marker marker = Marker.Create();
        await using IChildProcess child = await ChildProcess.StartAsync(Detached(marker.Mark(Puppet.Seq("fork", "1", "ignore", "TERM", "+", "pause", ",", "trap", "USR1", "got", ",", "print", "ready", ",", "pause").Piped())));
        await child.ExpectAsync("ready");
        Assert.Single(child.GetDescendantIds());
        Assert.True(child.Signal(ChildSignal.User1, SignalScope.Tree));
        await child.ExpectAsync("got");
        ExitStatus status = await child.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1)));
        Assert.True(status.Signal == ChildSignal.Terminate || (!status.IsKnown && !DirectHost.StatusesCanBeRecovered), status.ToString());
        Assert.NotEqual(child.Id, Assert.Single(marker.Survivors()));
        Assert.False(child.Signal(ChildSignal.Kill));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_lifetime_runs_its_stop_policy()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        await using IChildProcess child = await ChildProcess.StartAsync(Detached(marker.Mark(Puppet.Info("pause"))), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitForExitAsync().AsTask());
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task Its_status_is_told_where_the_kernel_knows_it()
    {
        // Before init has reaped it only root sees the status, in /proc; an init that takes its time makes others wait, or do without.
        bool isRoot = Environment.IsPrivilegedProcess;
        for (int i = 0; i < (isRoot ? 200 : 5); i++)
        {
            ExitStatus status = (await ChildProcess.RunAsync(Detached(Puppet.Info("exit", $"{i}")))).Status;
            Assert.True(status.Code == i || (!status.IsKnown && !(isRoot && DirectHost.StatusesCanBeRecovered)), $"{i}: {status}");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_is_PID_1_buries_it()
    {
        (int code, string text) = await HostProcess.RunAsync(["as-pid1"], DirectHost.Gated, ["detached-cycles", "50"]);
        Assert.SkipWhen(code == 77, "no permission to make a PID namespace");
        Assert.Equal((0, "zombies 0"), (code, text));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failing_start_is_told_with_its_stage_and_leaves_nothing()
    {
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.StartAsync(Detached(new ChildProcessStartInfo("/etc/passwd"))).AsTask());
        Assert.Equal((StartStage.Execute, 13), (e.Stage, e.NativeErrorCode));
    }

    private static ChildProcessStartInfo Detached(ChildProcessStartInfo info) => new(info) { Containment = Containment.None };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task StartAndForgetAsync(IChildProcessHost host, Marker marker) => await host.StartAsync(Detached(marker.Mark(Puppet.Info("pause"))));
}
