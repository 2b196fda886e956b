using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

public sealed class CancelledStartTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_start_that_is_cancelled_waits_for_no_slow_program()
    {
        using BusyProgram program = new();
        await using IChildProcessHost host = TestHost.Create();
        using CancellationTokenSource cancel = new();
        Task<IChildProcess> start = await program.HoldAsync(host, () => host.StartAsync(program.Info("exit", "0"), cancel.Token).AsTask());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
    }
}
