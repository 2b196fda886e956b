using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Events;

/// <summary>Hosts in which waiting for descriptors itself fails.</summary>
public sealed class ReactorTests
{
    [Fact(Timeout = 60_000)]
    public async Task An_epoll_that_fails_is_waited_out_and_not_spun_on()
    {
        Requires.Keepers();
        (int code, string text) = await HostProcess.RunAsync(["refuse", "ENOSYS", "epoll_wait,epoll_pwait"], "events-refused");
        Assert.SkipWhen(code == 77, "no permission to install a seccomp filter");
        Assert.Equal((0, "exit 7, pauses"), (code, text));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_poll_that_fails_keeps_to_its_deadline_and_hides_no_end()
    {
        Requires.Keepers();
        Assert.Equal((0, "False, exit 7"), await HostProcess.RunAsync([], "no-files"));
    }

    [Theory(Timeout = 90_000)]
    [InlineData(nameof(Containment.Tree))]
    [InlineData(nameof(Containment.ProcessGroup))]
    public async Task An_epoll_that_the_host_closes_is_replaced_and_no_wait_is_lost(string containment)
        => Assert.Equal((0, "exit 0\nexit 5"), await HostProcess.RunAsync([], new Dictionary<string, string> { [UnderTest.Variable] = containment }, ["events-lost"]));
}
