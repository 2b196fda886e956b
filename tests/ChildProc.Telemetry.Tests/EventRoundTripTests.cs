using System.Diagnostics.Tracing;
using System.Reflection;
using ChildProc.Telemetry.Tests.Infrastructure;
using Microsoft.Diagnostics.NETCore.Client;

namespace ChildProc.Telemetry.Tests;

/// <summary>Every event is read as it was written: the runtime checks neither number nor width of what it is given.</summary>
public sealed class EventRoundTripTests
{
    private static readonly MethodInfo[] s_events =
        [.. typeof(ChildProcEventSource).GetMethods(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Where(static m => m.IsDefined(typeof(EventAttribute)))];

    [Fact(Timeout = 120_000)]
    public async Task By_a_listener_in_the_process()
    {
        using EventRecorder recorder = new();
        await WriteAllAsync(expected => recorder.Heard.FirstAsync(e => e.ToString() == expected));
    }

    [Fact(Timeout = 60_000)]
    public async Task By_an_event_pipe()
    {
        Heard<HeardEvent> heard = new();
        DiagnosticsClient client = new(Environment.ProcessId);
        using EventPipeSession session = await client.StartEventPipeSessionAsync(
            [new EventPipeProvider("ChildProc", EventLevel.Verbose, -1)], requestRundown: false, circularBufferMB: 16, TestContext.Current.CancellationToken);
        EventPipeReader reader = new(session, heard);
        List<string> written = [];
        await WriteAllAsync(expected =>
        {
            written.Add(expected);
            return Task.CompletedTask;
        });
        await session.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await reader.Finished);
        Assert.All(written, expected => Assert.Contains(expected, heard.All.Select(static e => e.ToString())));
    }

    // Values that no other width would leave as they are.
    private static async Task WriteAllAsync(Func<string, Task> expect)
    {
        Assert.Equal(20, s_events.Length);
        foreach (MethodInfo method in s_events)
        {
            int number = method.GetCustomAttribute<EventAttribute>()!.EventId;
            ParameterInfo[] parameters = method.GetParameters();
            object[] values = [.. parameters.Select((p, i) => p.ParameterType == typeof(string) ? "näme" : (object)((0x0102030405060708L * (i + 1)) ^ number))];
            method.Invoke(ChildProcEventSource.Log, values);
            await expect($"{number} {method.Name}({string.Join(", ", parameters.Zip(values, static (p, v) => $"{p.Name}={v}"))})");
        }
    }
}
