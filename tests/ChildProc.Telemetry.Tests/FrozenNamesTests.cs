using System.Diagnostics.Tracing;
using System.Xml.Linq;
using ChildProc.Telemetry.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Telemetry.Tests;

/// <summary>What others build upon: once released, lines here are added and never changed.</summary>
public sealed class FrozenNamesTests
{
    private static readonly string[] s_events =
    [
        "1 ClockSync(Int64 monotonicNs, Int64 realtimeNs)",
        "2 SpawnStart(Int64 startId, UnicodeString executable)",
        "3 SpawnStop(Int64 startId, Int64 pid, Int64 supervisorPid, Int64 containment)",
        "4 SpawnFailed(Int64 startId, Int64 stage, Int64 errno)",
        "5 Exited(Int64 pid, Int64 code, Int64 signal, Int64 coreDumped, Int64 userUs, Int64 systemUs, Int64 peakBytes)",
        "6 Reaped(Int64 pid, Int64 delayNs)",
        "7 TreeEmpty(Int64 pid)",
        "8 LetGo(Int64 pid)",
        "9 SignalSent(Int64 pid, Int64 signal, Int64 scope, Int64 delivered)",
        "10 KillSent(Int64 pid)",
        "11 StopStep(Int64 pid, Int64 step)",
        "12 PipeOpened(Int64 pid, Int64 stream, Int64 descriptor)",
        "13 PipeClosed(Int64 pid, Int64 stream, Int64 descriptor, Int64 bytes)",
        "14 PidfdOpened(Int64 pid, Int64 descriptor)",
        "15 PidfdClosed(Int64 pid, Int64 descriptor)",
        "16 HandleFinalized(Int64 pid)",
        "17 TreeNotEmpty(Int64 pid, Int64 remaining)",
        "18 ContainmentLost(Int64 pid)",
        "19 StartedBy(Int64 pid, UnicodeString startStack)",
        "20 Disposed(Int64 pid)",
    ];

    private static readonly string[] s_instruments =
    [
        "childproc.leaks {leak} Counter<Int64>",
        "childproc.pipe.io By Counter<Int64>",
        "childproc.process.active {process} ObservableUpDownCounter<Int64>",
        "childproc.process.duration s Histogram<Double>",
        "childproc.reap.delay s Histogram<Double>",
        "childproc.signal.sent {signal} Counter<Int64>",
        "childproc.spawn.duration s Histogram<Double>",
        "childproc.spawn.failures {start} Counter<Int64>",
    ];

    // Strict: the runtime refuses a manifest with a fault, an event without a number for example.
    [Fact(Timeout = 60_000)]
    public Task Events_have_their_numbers_names_and_payloads()
    {
        string manifest = EventSource.GenerateManifest(typeof(ChildProcEventSource), null, EventManifestOptions.Strict)!;
        XElement[] all = [.. XDocument.Parse(manifest).Descendants()];
        Dictionary<string, XElement> templates = all.Where(static e => e.Name.LocalName == "template").ToDictionary(static e => e.Attribute("tid")!.Value);
        List<string> actual = [];
        foreach (XElement e in all.Where(static e => e.Name.LocalName == "event" && e.Attribute("value")!.Value != "0").OrderBy(static e => (int)e.Attribute("value")!))
        {
            IEnumerable<string> fields = templates[e.Attribute("template")!.Value].Elements()
                .Select(static d => $"{d.Attribute("inType")!.Value["win:".Length..]} {d.Attribute("name")!.Value}");
            actual.Add($"{e.Attribute("value")!.Value} {e.Attribute("symbol")!.Value}({string.Join(", ", fields)})");
        }

        Assert.Equal(s_events, actual);
        Assert.Equal("ChildProc", EventSource.GetName(typeof(ChildProcEventSource)));
        return Task.CompletedTask;
    }

    [Fact(Timeout = 60_000)]
    public async Task Instruments_have_their_names_units_and_types()
    {
        using MeterRecorder meter = new();
        await (await ChildProcess.StartAsync(Puppet.Info("exit", "0"))).DisposeAsync(); // the first start makes them
        IEnumerable<string> actual = meter.Instruments
            .Select(static i => $"{i.Name} {i.Unit} {i.GetType().Name.Split('`')[0]}<{i.GetType().GenericTypeArguments[0].Name}>")
            .Order(StringComparer.Ordinal);
        Assert.Equal(s_instruments, actual);
        Assert.All(meter.Instruments, static i => Assert.False(string.IsNullOrEmpty(i.Description)));
    }
}
