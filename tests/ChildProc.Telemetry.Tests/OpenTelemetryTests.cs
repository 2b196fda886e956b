using System.Runtime.CompilerServices;
using ChildProc.Telemetry.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ChildProc.Telemetry.Tests;

/// <summary>With the real SDK of OpenTelemetry and its exporter, to a collector on the loopback. Field numbers: opentelemetry-proto 1.x.</summary>
public sealed class OpenTelemetryTests
{
    [Fact(Timeout = 60_000)]
    public async Task Spans_arrive_at_a_collector()
    {
        await using OtlpReceiver receiver = new();
        int pid;
        using (TracerProvider provider = Sdk.CreateTracerProviderBuilder()
            .AddSource("ChildProc")
            .AddOtlpExporter(o => (o.Endpoint, o.Protocol, o.HttpClientFactory) = (new Uri(receiver.Endpoint, "v1/traces"), OtlpExportProtocol.HttpProtobuf, Direct))
            .Build())
        {
            await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("exit", "3"));
            pid = child.Id;
            await child.WaitForExitAsync();
        } // what has ended is exported

        (string path, OtlpMessage request) = await receiver.Heard.FirstAsync(static _ => true);
        Assert.Equal("/v1/traces", path);
        OtlpMessage scope = Assert.Single(request.All(1, 2)); // resource_spans, scope_spans
        Assert.Equal("ChildProc", scope.All(1).Single().Text(1));
        OtlpMessage span = Assert.Single(scope.All(2));
        Assert.Equal(("puppet", 3L), (span.Text(5), span.Integer(6))); // name, SPAN_KIND_CLIENT
        Assert.Equal((32, 16), (span.Hex(1).Length, span.Hex(2).Length));
        Assert.InRange(span.Integer(8) - span.Integer(7), 1, 60_000_000_000); // ended after it began
        Assert.Equal(2, span.All(15).Single().Integer(3)); // STATUS_CODE_ERROR
        Dictionary<string, object> attributes = span.Attributes(9);
        Assert.Equal(
            ("puppet", (long)pid, 3L, "exit", false),
            (attributes["process.executable.name"], attributes["process.pid"], attributes["process.exit.code"], attributes["error.type"], attributes.ContainsKey("process.command_args")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Metrics_arrive_at_a_collector()
    {
        await using OtlpReceiver receiver = new();
        using (MeterProvider provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter("ChildProc")
            .AddOtlpExporter((exporter, reader) =>
            {
                (exporter.Endpoint, exporter.Protocol, exporter.HttpClientFactory) = (new Uri(receiver.Endpoint, "v1/metrics"), OtlpExportProtocol.HttpProtobuf, Direct);
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = int.MaxValue; // at the end only
            })
            .Build())
        {
            await ChildProcess.CaptureAsync(Puppet.Info("print", "hello"));
            await Assert.ThrowsAsync<ChildProcessStartException>(static async () => await ChildProcess.RunAsync(new ChildProcessStartInfo("/nonexistent")));
            await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
            await child.StopAsync();
            await using IChildProcess runs = await ChildProcess.StartAsync(Puppet.Info("pause"));
            provider.ForceFlush();
        }

        (string path, OtlpMessage request) = await receiver.Heard.FirstAsync(static _ => true);
        Assert.Equal("/v1/metrics", path);
        Dictionary<string, OtlpMessage> metrics = request.All(1, 2, 2).ToDictionary(static m => m.Text(1)); // resource_metrics, scope_metrics, metrics
        Assert.Equal(
            ["childproc.pipe.io", "childproc.process.active", "childproc.process.duration", "childproc.reap.delay", "childproc.signal.sent", "childproc.spawn.duration", "childproc.spawn.failures"],
            metrics.Keys.Order(StringComparer.Ordinal));

        // Histograms: field 9, data points 1, count 4, explicit bounds 7 as packed doubles.
        OtlpMessage[] spawns = [.. metrics["childproc.spawn.duration"].All(9, 1)];
        Assert.Equal(("s", 3), (metrics["childproc.spawn.duration"].Text(3), spawns.Sum(static p => p.Integer(4))));
        Assert.Equal(0.0001, BitConverter.ToDouble(Convert.FromHexString(spawns[0].Hex(7)).AsSpan(0, 8)));
        Assert.Equal(2, metrics["childproc.process.duration"].All(9, 1).Sum(static p => p.Integer(4)));

        // Sums: field 7, data points 1, the value 6, attributes 7; monotonic 3.
        OtlpMessage bytes = Assert.Single(metrics["childproc.pipe.io"].All(7, 1));
        Assert.Equal((6L, "read"), (bytes.Integer(6), bytes.Attributes(7)["childproc.io.direction"]));
        OtlpMessage failure = Assert.Single(metrics["childproc.spawn.failures"].All(7, 1));
        Assert.Equal((1L, "resolve"), (failure.Integer(6), failure.Attributes(7)["childproc.start.stage"]));
        OtlpMessage active = Assert.Single(metrics["childproc.process.active"].All(7));
        Assert.Equal(0, active.Integer(3)); // not monotonic
        Assert.Equal(1, active.All(1).Single().Integer(6));
    }

    // Past the proxy that the user's environment may name.
    private static HttpClient Direct() => new(new HttpClientHandler { UseProxy = false });

    // What the SDK is told by the environment of whoever runs the tests.
    [ModuleInitializer]
    internal static void ForgetSettings()
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(static name => name.StartsWith("OTEL_", StringComparison.Ordinal)).ToArray())
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }
}
