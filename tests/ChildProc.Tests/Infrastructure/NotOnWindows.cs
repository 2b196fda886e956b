namespace ChildProc.Tests.Infrastructure;

/// <summary>The tests that are not for Windows: by the beginnings of their names, each with the reason.</summary>
internal static class NotOnWindows
{
    private static readonly (string Reason, string[] Names)[] s_tests =
    [
        ("guardian, supervisors and watchdog are Unix",
        [
            "Engines.Supervised", "Engines.Direct", "Engines.Darwin", "Faults", "Events", "Starts.KeeperStateTests", "Starts.QueuedStartTests", "Starts.SlowExecTests",
            "Trees.KeeperDeathTests", "Trees.HostDeathTests", "Trees.MembershipTests", "Trees.SessionLeaderTests", "Trees.ReusedTreeTests",
            "Trees.ForkLoopTests", "Trees.SupervisorPoolTests", "Trees.ProcessTreeTests.Released", "Trees.ReleasedLeftoversTests.A_released_tree", "Starts.RefusedCallsTests", "Pipes.CaptureTests.A_capture_can_be_cancelled_while", "Pipes.ReadLinesEndTests",
        ]),
        ("signals are Unix, and so is an exit status that names one; see Engines.Windows",
        [
            "Trees.StopTests", "Trees.GraceTests", "Trees.ExitStatusExactnessTests", "Stop.GroupScopeTests", "Pipelines.PipelineEndTests",
            "Trees.ForgottenChildTests.A_pending", "Pipes.CancelledFlushTests", "Pipes.BrokenInputTests.A_child_that_is_killed",
            "Pipes.SlowReaderTests.A_reader_that_has", "Pipes.SlowReaderTests.A_reader_that_completes", "Pipes.PipeTests.A_reader_that_stops",
            "Stdio.CallbackStdioTests.A_callback_that_throws_is_logged", "Stdio.HandleStdioTests.A_pipe_that_nobody", "Pipelines.PipelineRunTests",
            "Starts.HostStateTests", "Scale.FlatnessTests", "ChildSignalTests", "Trees.ProcessTreeTests.Stop_", "Trees.ProcessTreeTests.A_signal",
        ]),
        ("descriptors by number, their flags and FIFOs are Unix",
        [
            "Starts.DescriptorTests", "ChildProcessDiagnosticsTests.The_descriptors", "Starts.DescriptorPlacementTests", "Starts.FifoTests", "Starts.CancelledStartTests", "Starts.UnusualInputTests",
            "Stdio.BlockingStdioTests", "Stdio.HandleStdioTests.A_socket", "Pipes.PipeGrowthTests", "Start.StartInfoValidatorTests.At_most_240",
        ]),
        ("limits, credentials, umask, PWD and modes of files are Unix",
        [
            "Starts.ChildStateTests", "Starts.ProcessLimitTests", "Starts.PathSearchTests", "Starts.ProgramResolutionTests", "Start.EnvironmentBlockTests",
            "Start.ProgramPathTests", "ResourceLimitKindTests",
        ]),
        ("the numbers of errors are those of Linux",
        [
            "Starts.FailingStartTests", "Diagnostics.ErrnoTests", "Snapshots", "ChildProcessStartExceptionTests", "Stdio.TeeStdioTests.A_file_that_cannot",
            "Stdio.FileStdioTests.A_file_that_must", "Stdio.FileStdioTests.A_disk",
        ]),
        ("pseudo-terminals are Unix; see Engines.Windows.WindowsTerminalTests",
            ["Terminals", "Trees.TerminalTests", "Trees.TerminalModesTests"]),
        ("/proc tells there who is held up in a write, and who holds a pipe",
        [
            "Pipes.PipeTests.A_child_that_nobody", "Pipes.SlowReaderTests.A_reader_that_stops", "Pipes.SlowReaderTests.A_callback_that_stops",
            "Pipes.OutputIncompleteTests.A_child_that_ends", "Pipes.OpenStreamTests.Lines_that_nobody_takes", "Stdio.PumpEndTests.A_tee_waits", "Stdio.HandleStdioTests.A_tee_to_a_pipe",
            "Stdio.CallbackStdioTests.A_descendant", "Pipelines.TransferTests", "Pipelines.JointDrainTests.A_descendant_that_holds_no",
            "Pipelines.PipelineStartTests.A_start_that_is_cancelled", "Pipelines.PipelineFlatnessTests", "Trees.HostDisposalTests", "Trees.PoolDisposalTests", "Trees.BadLogTests",
        ]),
        ("its child is a program of Unix",
        [
            "Pipes.ReadLinesTests.CR_LF", "Pipes.CaptureTests.Bytes_are", "Pipes.LineTests", "Stdio.SharedStdioTests.A_prepared_command",
            "Docs", "Stdio.FileStdioTests.A_tee_of_an_inherited",
        ]),
        ("its tree is made of what Unix has: threads that fork, sessions, ignored signals; see Engines.Windows.WindowsTreeTests",
        [
            "Trees.ProcessTreeTests.Children_of_all_threads", "Trees.ProcessTreeTests.A_fork_bomb", "Trees.ProcessTreeTests.No_member",
        ]),
        ("Windows lets nobody open a file for reading alone while it is written",
            ["Stdio.TeeStdioTests.A_target_goes_on", "Pipelines.PipelineStartTests.A_stage_that_cannot"]),
        ("Wine appends in two steps, and somebody may come between them",
            ["Stdio.FileStdioTests.Children_that_append"]),
    ];

    internal static IEnumerable<string> Names => s_tests.SelectMany(static row => row.Names);
}
