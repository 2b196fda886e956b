using Microsoft.Extensions.Logging;

namespace ChildProc.Diagnostics;

/// <summary>Every message that the library logs. Never an argument or an environment value: they may be secrets.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The guardian (pid {GuardianPid}) died. Running trees stay on their lifelines; the next start brings a new guardian.")]
    internal static partial void GuardianLost(ILogger logger, int guardianPid);

    [LoggerMessage(2, LogLevel.Warning, "No supervisor can be added: fork failed with errno {Error}.")]
    internal static partial void PoolFailed(ILogger logger, int error);

    [LoggerMessage(3, LogLevel.Error, "The supervisor of child {Pid} died. The child dies with it; its exit status is unknown.")]
    internal static partial void ContainmentLost(ILogger logger, int pid);

    [LoggerMessage(4, LogLevel.Warning, "Child {Pid} was dropped without Dispose; its tree is given up, as if the host had ended.")]
    internal static partial void Forgotten(ILogger logger, int pid);

    [LoggerMessage(5, LogLevel.Error, "The tree of child {Pid} was killed and is not empty: {Remaining}")]
    internal static partial void NotEmpty(ILogger logger, int pid, string remaining);

    [LoggerMessage(6, LogLevel.Warning, "Signal {Signal} could not be sent in the tree of child {Pid}: errno {Error}.")]
    internal static partial void SignalFailed(ILogger logger, int pid, uint signal, int error);

    [LoggerMessage(8, LogLevel.Warning, "Standard {Stream} of child {Pid} was given up: what it was connected to failed.")]
    internal static partial void PumpFailed(ILogger logger, Exception exception, string stream, int pid);

    [LoggerMessage(9, LogLevel.Warning, "Output of child {Pid} was cut {Seconds} s after its exit. The pipe was still held by: {Holders}")]
    internal static partial void OutputCut(ILogger logger, int pid, double seconds, string holders);

    [LoggerMessage(7, LogLevel.Debug, "Guardian {GuardianPid} started.")]
    internal static partial void GuardianStarted(ILogger logger, int guardianPid);

    [LoggerMessage(10, LogLevel.Warning, "Containment.{Strong} is not available here, {Weak} takes its place: {Reason}.")]
    internal static partial void Weakened(ILogger logger, Containment strong, Containment weak, string reason);

    [LoggerMessage(11, LogLevel.Warning, "The watchdog (pid {Pid}) died. Another takes its place and is told of every live tree.")]
    internal static partial void WatchdogLost(ILogger logger, int pid);

    [LoggerMessage(12, LogLevel.Warning, "Children are started by posix_spawn alone, without the features that need the library's own program: {Reason}.")]
    internal static partial void PlainSpawn(ILogger logger, string reason);
}
