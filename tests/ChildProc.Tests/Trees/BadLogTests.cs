using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

public sealed class BadLogTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_log_that_throws_does_not_end_the_host()
        => Assert.Equal((0, "exit 3"), await HostProcess.RunAsync([], "bad-log"));
}
