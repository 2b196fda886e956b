using ChildProc.Tests.Engines.Direct;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

/// <summary>Hosts in a bare chroot, or with a /dev of their own, where /dev/null is absent or may not be opened.</summary>
public sealed class NullDeviceTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("absent", 2)]
    [InlineData("denied", 13)]
    public async Task An_input_is_at_its_end_and_an_output_is_refused(string how, int error)
    {
        Requires.Keepers();
        (int code, string text) = await HostProcess.RunAsync(["without-null", how], "null-streams");
        Assert.SkipWhen(code == 77, "no permission for a /dev of its own");
        Assert.Equal((0, $"at its end, StandardStreams {error} True"), (code, text));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("absent", 2)]
    [InlineData("denied", 13)]
    public async Task Without_keepers_no_child_is_started_and_the_reason_is_told(string how, int error)
    {
        (int code, string text) = await HostProcess.RunAsync(["without-null", how], DirectHost.Gated, ["null-streams"]);
        Assert.SkipWhen(code == 77, "no permission for a /dev of its own");
        Assert.Equal((0, $"Containment {error} True, Containment {error} True"), (code, text));
    }
}
