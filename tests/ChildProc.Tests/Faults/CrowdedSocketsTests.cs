using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Faults;

/// <summary>Starts while a stopped process of the same user holds so many descriptors in its sockets that none can be sent: ETOOMANYREFS, unix(7).</summary>
public sealed class CrowdedSocketsTests
{
    private const int ETIMEDOUT = 110;

    [Theory(Timeout = 90_000)]
    [InlineData(nameof(Containment.Tree))]
    [InlineData(nameof(Containment.ProcessGroup))]
    public async Task A_start_ends_at_its_timeout_or_with_its_lifetime_and_goes_on_when_there_is_room(string containment)
    {
        Dictionary<string, string> environment = new() { [UnderTest.Variable] = containment, ["CHILDPROC_TEST_START_TIMEOUT"] = "300" };
        string refused = $"Containment {ETIMEDOUT}";
        Assert.Equal(
            (0, string.Join('\n', refused, refused, "waits", "cancelled", "waits", "exit 5")),
            await HostProcess.RunAsync(["crowded-sockets"], environment, ["crowded-starts"]));
    }
}
