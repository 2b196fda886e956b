using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

/// <summary>Hosts in a bare chroot, or with a /dev of their own, where /dev/null is absent or may not be opened.</summary>
public sealed class NullDeviceTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("absent", 2)]
    [InlineData("denied", 13)]
    public async Task Who_needs_no_null_device_is_started_and_who_needs_one_is_told(string how, int error)
    {
        (int code, string text) = await HostProcess.RunAsync(["without-null", how], "null-streams");
        Assert.SkipWhen(code == 77, "no permission for a /dev of its own");
        Assert.Equal((0, $"here, StandardStreams {error} True"), (code, text));
    }
}
