using ChildProc.Engines.Direct.Darwin;
using ChildProc.Telemetry.Tests.Infrastructure;
using ChildProc.Tests.Engines.Darwin;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Telemetry.Tests;

/// <summary>A zombie that holds the number of its group is told as reaped when it is, over the scripted kernel of the macOS engine.</summary>
public sealed class KeptZombieTests
{
    [Fact(Timeout = 120_000)]
    public async Task It_is_reaped_later_than_it_ended()
    {
        using EventRecorder events = new();
        using MeterRecorder meter = new();
        await using DarwinBench bench = new();
        ChildProcessStartInfo info = DarwinBench.Info();
        DarwinTree tree = bench.Start(info);
        int pid = tree.Id;
        await using LocalChildProcess child = new(info, tree, origin: null, telemetry: null, CancellationToken.None);
        ScriptedProcess other = bench.Kernel.Fork(pid);
        bench.Kernel.Exit(pid, 3 << 8);
        HeardEvent exited = await events.Heard.FirstAsync(e => e.Is("Exited", pid));
        Assert.Equal(3, exited["code"]);
        Assert.DoesNotContain(events.Heard.All, e => e.Is("Reaped", pid));
        Assert.DoesNotContain(meter.Heard.All, static m => m.Instrument == "childproc.reap.delay");

        bench.Kernel.Exit(other.Pid, 0);
        long delay = (await events.Heard.FirstAsync(e => e.Is("Reaped", pid)))["delayNs"];
        Assert.True(delay > 0);
        Assert.Equal(delay / 1e9, (await meter.Heard.FirstAsync(static m => m.Instrument == "childproc.reap.delay")).Value, 6);
        await events.Heard.FirstAsync(e => e.Is("TreeEmpty", pid));
    }

    [Fact(Timeout = 120_000)]
    public async Task One_that_nobody_needs_is_reaped_at_once()
    {
        using EventRecorder events = new();
        await using DarwinBench bench = new();
        ChildProcessStartInfo info = DarwinBench.Info();
        DarwinTree tree = bench.Start(info);
        int pid = tree.Id;
        await using LocalChildProcess child = new(info, tree, origin: null, telemetry: null, CancellationToken.None);
        bench.Kernel.Exit(pid, 0);
        Assert.Equal(0, (await events.Heard.FirstAsync(e => e.Is("Reaped", pid)))["delayNs"]);
    }
}
