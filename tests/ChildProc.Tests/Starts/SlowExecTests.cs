using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

/// <summary>Starts of a program whose exec takes its time.</summary>
public sealed class SlowExecTests : IDisposable
{
    private const int ETXTBSY = 26, EPIPE = 32, ETIMEDOUT = 110;
    private readonly BusyProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_is_busy_for_a_moment_starts_when_it_is_free()
    {
        await using IChildProcessHost host = TestHost.Create();
        Task<IChildProcess> start = await BeginAsync(host);
        Assert.False(start.IsCompleted);
        _program.Free();
        await using IChildProcess child = await start;
        Assert.Equal(6, (await child.WaitForExitAsync()).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_stays_busy_is_told_as_such()
    {
        await using IChildProcessHost host = TestHost.Create();
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => host.StartAsync(_program.Info("exit", "6")).AsTask());
        Assert.Equal((StartStage.Execute, ETXTBSY, _program.Path), (e.Stage, e.NativeErrorCode, e.FileName));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_takes_too_long_is_given_up_and_leaves_nothing()
    {
        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { StartTimeout = TimeSpan.FromSeconds(1), Containment = UnderTest.Asked });
        Task<IChildProcess> start = await BeginAsync(host);
        int beginning = _program.Beginning;
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => start);
        Assert.Equal((StartStage.Containment, ETIMEDOUT), (e.Stage, e.NativeErrorCode));
        await Eventually.HoldsAsync(() => !Keepers.IsAlive(beginning), "what had begun is gone");
        Assert.Equal(7, (await RunInTimeAsync(host, "7")).Status.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_supervisor_killed_in_the_middle_of_a_start_is_told_and_takes_what_had_begun_along()
    {
        Requires.Keepers();
        await using IChildProcessHost host = TestHost.Create();
        Task<IChildProcess> start = await BeginAsync(host);
        int beginning = _program.Beginning;
        Keepers.Kill(Keepers.ParentOf(beginning));
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => start);
        Assert.Equal((StartStage.Containment, EPIPE), (e.Stage, e.NativeErrorCode));
        await Eventually.HoldsAsync(() => !Keepers.IsAlive(beginning), "what had begun is gone");
        Assert.Equal(7, (await host.RunAsync(Puppet.Info("exit", "7"))).Status.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_start_holds_no_other_start_up()
    {
        await using IChildProcessHost host = TestHost.Create();
        Task<IChildProcess> start = await BeginAsync(host);
        Assert.Equal(7, (await host.RunAsync(Puppet.Info("exit", "7"))).Status.Code);
        Assert.False(start.IsCompleted);
        _program.Free();
        await (await start).DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_was_given_up_never_ends_the_next_child_of_its_supervisor()
    {
        Requires.Keepers();
        await using IChildProcessHost host = TestHost.Create();
        using CancellationTokenSource cancel = new();
        Task<IChildProcess> start = await BeginAsync(host, cancel.Token);
        int supervisor = Keepers.ParentOf(_program.Beginning);
        IChildProcess child;
        List<IChildProcess> busy;
        using (StoppedGuardian guardian = await StoppedGuardian.StopAsync(host))
        {
            // What asks the guardian to end the supervisor lies in its queue, while that is done and takes another child.
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
            _program.Free();
            await Eventually.HoldsAsync(() => ProcFile.Children(supervisor).Count == 0, "the supervisor is free again");
            busy = await guardian.OccupyAsync(host, Puppet.Seq("trap", "USR1", "pong", ",", "print", "ready", ",", "pause").Piped());
            child = Assert.Single(busy, c => Keepers.SupervisorOf(c) == supervisor);
            await child.ExpectAsync("ready");
        }

        // Nobody is idle: this one waits for a new supervisor, and so for the guardian to have read all that there was.
        Assert.Equal(7, (await host.RunAsync(Puppet.Info("exit", "7"))).Status.Code);
        Assert.True(child.Signal(ChildSignal.User1));
        await child.ExpectAsync("pong");
        Assert.DoesNotContain(busy, static c => c.HasExited);
        await busy.DisposeAllAsync();
    }

    // Returns when the child has been made, and waits for the program to be free.
    private async Task<Task<IChildProcess>> BeginAsync(IChildProcessHost host, CancellationToken lifetime = default)
    {
        await RunInTimeAsync(host, "0");
        return await _program.HoldAsync(host, () => host.StartAsync(_program.Info("exit", "6"), lifetime).AsTask());
    }

    // On a busy machine any start may take longer than a host has patience.
    private static async Task<ChildResult> RunInTimeAsync(IChildProcessHost host, string code)
    {
        while (true)
        {
            try
            {
                return await host.RunAsync(Puppet.Info("exit", code), CancellationToken.None);
            }
            catch (ChildProcessStartException e) when (e.NativeErrorCode == ETIMEDOUT)
            {
            }
        }
    }
}
