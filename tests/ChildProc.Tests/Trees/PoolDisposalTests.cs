using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>In a host of its own, whose thread pool is all theirs.</summary>
public sealed class PoolDisposalTests
{
    [Fact(Timeout = 120_000)]
    public async Task Blocking_disposals_that_take_every_thread_of_the_pool_end_all_the_same()
        => Assert.Equal((0, "150 disposed, 0 not empty"), await HostProcess.RunAsync([], "dispose-on-pool", "150"));
}
