namespace ChildProc.Tests.Infrastructure;

/// <summary>The tests of guardian and supervisors, which only Linux has: by the beginnings of their names.</summary>
internal static class OnLinuxAlone
{
    internal static string[] Names { get; } =
    [
        "Engines.Supervised", "Faults.StoppedSupervisorTests", "Starts.KeeperStateTests", "Starts.ProcessLimitTests", "Starts.QueuedStartTests",
        "Starts.RefusedCallsTests", "Starts.SlowExecTests.A_start_that_was_given_up", "Starts.SlowExecTests.A_supervisor_killed",
        "Trees.ExitStatusExactnessTests.A_host_that_is_PID_1_buries_a_killed_guardian", "Trees.ForkLoopTests", "Trees.HostDeathTests.A_copy_of_the_hosts_sockets",
        "Trees.HostDisposalTests.Trees_of_an_earlier_guardian", "Trees.KeeperDeathTests", "Trees.MembershipTests.A_child_with_other_credentials",
        "Trees.ReleasedLeftoversTests.A_released_tree", "Trees.ReusedTreeTests", "Trees.SessionLeaderTests", "Trees.SupervisorPoolTests",
    ];
}
