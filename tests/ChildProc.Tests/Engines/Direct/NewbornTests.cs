using ChildProc.Engines.Direct;
using ChildProc.Engines.Supervised;
using ChildProc.Events;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChildProc.Tests.Engines.Direct;

/// <summary>Nothing stays of a child whose start fails when it is born already.</summary>
public sealed class NewbornTests
{
    private const int EMFILE = 24;

    [Theory(Timeout = 60_000)]
    [InlineData("Gated", nameof(Containment.ProcessGroup), nameof(Containment.None))]
    [InlineData("Plain", nameof(Containment.ProcessGroup))]
    public async Task A_child_that_cannot_be_held_is_ended_and_reaped(string way, params string[] containments)
    {
        (int code, string text) = await HostProcess.RunAsync(["no-pidfds-of-others"], DirectHost.Of(way), ["stillborn", .. containments]);
        Assert.SkipWhen(code == 77, "no permission to install a seccomp filter");
        string[] refused = [.. containments.SelectMany(static _ => (string[])[$"Containment {EMFILE}", $"Containment {EMFILE}"])];
        Assert.Equal((0, string.Join('\n', (string[])[.. refused, "left 0"])), (code, text));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_detached_child_whose_start_is_given_up_before_it_is_known_ends()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(Puppet.Info("pause")) { Containment = Containment.None };
        info = marker.Mark(info);
        Assert.Equal(0, Reactor.EnsureRunning());
        DirectEngine engine = new(UnderTest.Options, NullLogger.Instance);
        RequestImage image = (RequestImage)engine.Prepare(info);
        using (StartResources resources = StartResources.Open(image))
        {
            using (ChildProgram program = ChildProgram.Open(null))
            {
                Assert.Equal(0, program.Spawn(Hold.Child, out int pid, out Descriptor channel));
                using (GatedStart start = new(channel, static (_, _) => throw new InvalidOperationException("nobody reads the answer")))
                {
                    Assert.Equal(0, start.Send(image, resources));
                    await Eventually.HoldsAsync(() => marker.Survivors().Count == 1, "the child runs");
                }

                Assert.Equal(0, Newborn.Bury(pid, null, 10_000));
            }
        }

        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0, "the child ends");
    }
}
