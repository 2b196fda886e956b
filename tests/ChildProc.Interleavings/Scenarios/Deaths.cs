using ChildProc.Engines.Supervised;
using ChildProc.Interleavings.Substitutes;

namespace ChildProc.Interleavings.Scenarios;

/// <summary>Keepers die while the host waits.</summary>
internal static class Deaths
{
    /// <summary>Whichever is seen second sees the first: every wait has its end.</summary>
    internal static void Guardian_and_supervisor_die_together()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        host.Go("reads", () => Assert.False(child.WaitForExit().IsKnown));
        host.Go("awaits the tree", () => Assert.Equal(TreeFault.ContainmentLost, Assert.Throws<ChildProcessTreeException>(() => Host.Wait(child.WaitForTreeAsync())).Fault));
        host.Go("supervisor", supervisor.Peer.Close);
        host.Go("guardian", host.Guardian.Close);
        host.Join();
        Assert.False(child.Exit!.Value.IsKnown);
        child.Dispose();
    }

    /// <summary>The guardian says that it killed what the supervisor left.</summary>
    internal static void A_supervisor_dies_and_the_guardian_kills_its_orphans()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        host.Go("reads", () => child.WaitForExit());
        host.Go("awaits the tree", () => Host.Wait(child.WaitForTreeAsync()));
        host.Go("awaits the exit", () => Host.Wait(child.WaitForExitAsync()));
        host.Go("keepers", () =>
        {
            supervisor.Peer.Close();
            host.Guardian.Send(Peer.Frame(new Wire.Supervisor { Frame = new Wire.Frame(Wire.FrameType.SupervisorLost, 16), Pid = supervisor.Pid }));
        });
        host.Join();
        child.Dispose();
    }

    /// <summary>The exit is said before the supervisor dies, or it is not.</summary>
    internal static void Everybody_dies_while_the_child_exits()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        host.Go("awaits the exit", () => Assert.Equal(3, Host.Wait(child.WaitForExitAsync()).Code));
        host.Go("looks", () => _ = child.HasExited);
        host.Go("supervisor", () => supervisor.Exit(3, atOnce: false));
        host.Go("guardian", host.Guardian.Close);
        host.Go("awaits the tree", () => Host.Wait(child.WaitForTreeAsync()));
        host.Join();
        child.Dispose();
    }
}
