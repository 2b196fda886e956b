using ChildProc.Engines.Supervised;
using ChildProc.Events;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;

namespace ChildProc.Tests.Engines.Supervised;

/// <summary>What the host asks of a guardian, whenever that reads it.</summary>
public sealed class GuardianSessionTests
{
    [Fact(Timeout = 60_000)]
    public async Task What_a_guardian_has_no_room_for_is_told_when_it_has()
    {
        Requires.Keepers();
        Assert.Equal(0, Reactor.EnsureRunning());
        GuardianSession session = new(GuardianProcess.Start(null, 2), HostIdentity.Capture(), NullLogger.Instance);
        SupervisedTree tree = new(new TreePool(NullLogger.Instance), NullLogger.Instance);
        Assert.True(session.TryAdd(tree)); // keeps the connection open when it retires
        Syscall.kill(session.Pid, Signum.SIGSTOP);
        await Eventually.HoldsAsync(() => ProcFs.Describe(session.Pid)?.Contains(" T ", StringComparison.Ordinal) == true, "the guardian stops");
        for (int i = 0; i < 2000; i++)
        {
            session.KillSupervisor(Environment.ProcessId, claim: 1); // who is none of its supervisors
        }

        session.Retire();
        Syscall.kill(session.Pid, Signum.SIGCONT);
        await Eventually.HoldsAsync(() => !Keepers.IsAlive(session.Pid), "it retires");
        await Eventually.HoldsAsync(() => session.IsDead, "and is seen to");
        session.Remove(tree);
    }
}
