using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Starts;

/// <summary>A program that is open for writing: its exec takes as long as a test needs, up to about a second.</summary>
public sealed class SlowExecTests : IDisposable
{
    private const int ETXTBSY = 26, EPIPE = 32, ETIMEDOUT = 110;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("childproc-busy");
    private readonly string _path;
    private readonly SafeFileHandle _writer;

    public SlowExecTests()
    {
        _path = Path.Combine(_directory.FullName, "program");
        File.Copy(Puppet.Path, _path);
        _writer = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_is_busy_for_a_moment_starts_when_it_is_free()
    {
        await using IChildProcessHost host = TestHost.Create();
        Task<IChildProcess> start = await BeginAsync(host);
        Assert.False(start.IsCompleted);
        _writer.Dispose();
        await using IChildProcess child = await start;
        Assert.Equal(6, (await child.WaitForExitAsync()).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_stays_busy_is_told_as_such()
    {
        await using IChildProcessHost host = TestHost.Create();
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => host.StartAsync(new ChildProcessStartInfo(_path, "exit", "6")).AsTask());
        Assert.Equal((StartStage.Execute, ETXTBSY, _path), (e.Stage, e.NativeErrorCode, e.FileName));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_takes_too_long_is_given_up_and_leaves_nothing()
    {
        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { StartTimeout = TimeSpan.FromMilliseconds(250), Containment = UnderTest.Asked });
        Task<IChildProcess> start = await BeginAsync(host);
        int beginning = Beginning(host);
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => start);
        Assert.Equal((StartStage.Containment, ETIMEDOUT), (e.Stage, e.NativeErrorCode));
        await Eventually.HoldsAsync(() => !Keepers.IsAlive(beginning), "what had begun is gone");
        Assert.Equal(7, (await host.RunAsync(Puppet.Info("exit", "7"))).Status.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_supervisor_killed_in_the_middle_of_a_start_is_told_and_takes_what_had_begun_along()
    {
        Requires.Keepers();
        await using IChildProcessHost host = TestHost.Create();
        Task<IChildProcess> start = await BeginAsync(host);
        int beginning = Beginning(host);
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
        _writer.Dispose();
        await (await start).DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_was_given_up_never_ends_the_next_child_of_its_supervisor()
    {
        Requires.Keepers();
        await using IChildProcessHost host = TestHost.Create();
        using CancellationTokenSource cancel = new();
        Task<IChildProcess> start = await BeginAsync(host, cancel.Token);
        int supervisor = Keepers.ParentOf(Beginning(host));
        IChildProcess child;
        List<IChildProcess> busy;
        using (StoppedGuardian guardian = await StoppedGuardian.StopAsync(host))
        {
            // What asks the guardian to end the supervisor lies in its queue, while that is done and takes another child.
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => start);
            _writer.Dispose();
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

    // Returns when a supervisor has cloned the child, which then waits for the program to be free.
    private async Task<Task<IChildProcess>> BeginAsync(IChildProcessHost host, CancellationToken lifetime = default)
    {
        await host.RunAsync(Puppet.Info("exit", "0"), CancellationToken.None);
        Task<IChildProcess> start = host.StartAsync(new ChildProcessStartInfo(_path, "exit", "6"), lifetime).AsTask();
        await Eventually.HoldsAsync(() => start.IsCompleted || Beginning(host) != 0, "a supervisor clones the child");
        return start;
    }

    private static int Beginning(IChildProcessHost host)
    {
        if (!UnderTest.HoldsWholeTree)
        {
            // Others of this process's children are at this point for a moment.
            int[] beginning = BeginningHere();
            Thread.Sleep(20);
            return Array.Find(BeginningHere(), beginning.Contains);
        }

        foreach (int supervisor in ProcFile.Children(Keepers.GuardianOf(host)))
        {
            if (ProcFile.Children(supervisor) is [int child])
            {
                return child;
            }
        }

        return 0;
    }

    private static int[] BeginningHere() => [.. ProcFile.Children(Environment.ProcessId).Where(static c => ProcFs.Command(c) == "childproc-child")];
}
