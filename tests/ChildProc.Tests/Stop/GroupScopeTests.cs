using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Stop;

/// <summary>The host's own group is not the child's to signal, whoever asks for it.</summary>
public sealed class GroupScopeTests
{
    private static readonly StopPolicy s_group = new(ChildSignal.Terminate, TimeSpan.FromHours(1), SignalScope.ProcessGroup);

    [Fact(Timeout = 120_000)]
    public async Task A_policy_for_the_group_needs_a_group_before_anything_is_started()
    {
        await using IChildProcessHost host = TestHost.Create();
        ChildProcessStartInfo stop = new(Puppet.Info("pause")) { Stop = s_group };
        ChildProcessStartInfo lost = new(Puppet.Info("pause")) { OnOwnerLost = s_group };
        await Assert.ThrowsAsync<ArgumentException>("Stop", () => host.StartAsync(stop).AsTask());
        await Assert.ThrowsAsync<ArgumentException>("OnOwnerLost", () => host.StartAsync(lost).AsTask());
        Assert.Equal(0, Keepers.GuardianOf(host));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_stop_by_such_a_policy_is_refused_and_leaves_the_child_alone()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        await Assert.ThrowsAsync<ArgumentException>("policy", () => child.StopAsync(s_group).AsTask());
        Assert.False(child.HasExited);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_a_group_or_session_of_its_own_the_whole_group_is_asked(bool session)
    {
        ChildProcessStartInfo info = new(Puppet.Seq("fork", "1", "trap", "TERM", "asked", "+", "print", "ready", "+", "pause", ",", "ignore", "TERM", ",", "print", "ready", ",", "wait-eof", ",", "exit", "4").Piped())
        {
            StandardInput = ChildStdio.Pipe,
            NewProcessGroup = !session,
            NewSession = session,
            Stop = s_group,
            OnOwnerLost = s_group,
        };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        await child.ExpectAsync("ready");
        await child.ExpectAsync("ready");
        Task<ExitStatus> stop = child.StopAsync().AsTask();
        await child.ExpectAsync("asked"); // the member that is not the child
        await child.StandardInput.CompleteAsync();
        Assert.Equal(4, (await stop).Code);
    }
}
