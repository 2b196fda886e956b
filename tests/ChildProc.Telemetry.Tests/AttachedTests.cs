using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using ChildProc.Telemetry.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;
using Microsoft.Diagnostics.NETCore.Client;

namespace ChildProc.Telemetry.Tests;

/// <summary>The runtime's diagnostics client attached to another host, as dotnet-trace does it.</summary>
public sealed class AttachedTests
{
    // Nobody looks at two clocks at once: what may come between the two looks of the event. Another clock would be hours away.
    private static readonly TimeSpan s_looks = TimeSpan.FromSeconds(5);

    [Fact(Timeout = 90_000)]
    public async Task Children_of_every_fate_are_told_with_their_pids_and_ends()
    {
        Requires.Keepers();
        Heard<HeardEvent> heard = new();
        await using IChildProcess host = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.HostPath, "telemetry", Puppet.Path)
        {
            StandardInput = ChildStdio.Pipe,
            StandardOutput = ChildStdio.Pipe,
        });
        using StreamReader output = new(host.StandardOutput.AsStream());
        await using Stream input = host.StandardInput.AsStream();
        Assert.Equal("ready", await output.ReadLineAsync());

        DiagnosticsClient client = new(host.Id);
        using EventPipeSession session = await client.StartEventPipeSessionAsync(
            [new EventPipeProvider("ChildProc", EventLevel.Verbose, -1)], requestRundown: false, circularBufferMB: 16, TestContext.Current.CancellationToken);
        EventPipeReader reader = new(session, heard);
        (long Monotonic, DateTime Wall, long After) before = (Stopwatch.GetTimestamp(), DateTime.UtcNow, Stopwatch.GetTimestamp());
        await input.WriteAsync("go\n"u8.ToArray());
        Dictionary<string, int> pids = [];
        string? line;
        while ((line = await output.ReadLineAsync()) != "done")
        {
            Assert.NotNull(line);
            string[] words = line.Split(' ');
            pids.Add(words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
        }

        await session.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await reader.Finished);
        await input.WriteAsync("\n"u8.ToArray());
        Assert.True((await host.WaitForExitAsync()).IsSuccess);

        HeardEvent[] all = heard.All;
        foreach ((string what, int pid) in pids)
        {
            HeardEvent stop = Single("SpawnStop", pid);
            HeardEvent start = Assert.Single(all, e => e.Name == "SpawnStart" && e["startId"] == stop["startId"]);
            Assert.Equal("puppet", start.Payload["executable"]);
            Assert.Equal((long)(what == "direct" ? Containment.ProcessGroup : Containment.Supervised), stop["containment"]);
            Assert.Equal(what == "direct", stop["supervisorPid"] == 0);
            Assert.True(Order(start) < Order(stop) && Order(stop) < Order(Single("Exited", pid)), what);
        }

        Assert.Equal((3, 0), End("exits"));
        Assert.Equal((-1, ChildSignal.User1.Number), End("signalled"));
        Assert.Equal((-1, ChildSignal.Kill.Number), End("killed"));
        Assert.Equal((-1, ChildSignal.Kill.Number), End("stopped"));
        Assert.Equal((0, 0), End("piped"));
        Assert.Equal((-1, 0), End("lost")); // nobody can tell
        Assert.Equal((0, 0), End("direct"));

        Assert.True(Single("Exited", pids["exits"])["peakBytes"] > 0);
        Assert.InRange(Single("Reaped", pids["exits"])["delayNs"], 0, (long)Stopwatch.GetElapsedTime(before.Monotonic).TotalNanoseconds);
        Single("TreeEmpty", pids["exits"]);

        HeardEvent signal = Single("SignalSent", pids["signalled"]);
        Assert.Equal((ChildSignal.User1.Number, (long)SignalScope.Child, 1), (signal["signal"], signal["scope"], signal["delivered"]));
        Single("KillSent", pids["killed"]);

        Assert.Equal([ChildSignal.Terminate.Number, ChildSignal.Continue.Number], Of("SignalSent", "stopped").Select(static e => (int)e["signal"]));
        Assert.Equal([1, 3, 5], Of("StopStep", "stopped").Select(static e => e["step"])); // signalled, the grace over, empty

        HeardEvent opened = Single("PipeOpened", pids["piped"]), closed = Single("PipeClosed", pids["piped"]);
        Assert.Equal(((long)StandardStreams.StandardOutput, opened["descriptor"], "ready\n".Length), (closed["stream"], closed["descriptor"], closed["bytes"]));

        Single("ContainmentLost", pids["lost"]);
        Single("HandleFinalized", pids["forgotten"]);
        Assert.Equal(Single("PidfdOpened", pids["direct"])["descriptor"], Single("PidfdClosed", pids["direct"])["descriptor"]);

        HeardEvent failed = Assert.Single(all, static e => e.Name == "SpawnFailed");
        Assert.Equal(((long)StartStage.Resolve, 2), (failed["stage"], failed["errno"]));

        // One clock for all: the same one that this process has, whose moments are around the event's.
        HeardEvent clock = all[0];
        Assert.Equal("ClockSync", clock.Name);
        TimeSpan apart = TimeSpan.FromTicks((clock["monotonicNs"] - before.Monotonic) / TimeSpan.NanosecondsPerTick);
        DateTime wall = DateTime.UnixEpoch.AddTicks(clock["realtimeNs"] / TimeSpan.NanosecondsPerTick);
        Assert.InRange(wall - before.Wall - apart, -s_looks - Stopwatch.GetElapsedTime(before.Monotonic, before.After), s_looks);

        HeardEvent Single(string name, int pid) => Assert.Single(all, e => e.Is(name, pid));

        IEnumerable<HeardEvent> Of(string name, string what) => all.Where(e => e.Is(name, pids[what]));

        int Order(HeardEvent e) => Array.IndexOf(all, e);

        (int Code, int Signal) End(string what)
        {
            HeardEvent exited = Single("Exited", pids[what]);
            return ((int)exited["code"], (int)exited["signal"]);
        }
    }
}
