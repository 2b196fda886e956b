using ChildProc.Diagnostics;

namespace ChildProc.Telemetry;

/// <summary>The attributes of spans and instruments, and their values: those of OpenTelemetry where it has any, ours where not.</summary>
/// <remarks>Of OpenTelemetry: the conventions for CLI programs, as their caller (https://opentelemetry.io/docs/specs/semconv/cli/cli-spans/).</remarks>
internal static class SpanNames
{
    internal const string Executable = "process.executable.name";
    internal const string ExecutablePath = "process.executable.path";
    internal const string Arguments = "process.command_args";
    internal const string Pid = "process.pid";
    internal const string ExitCode = "process.exit.code";
    internal const string ErrorType = "error.type";
    internal const string Containment = "childproc.containment";
    internal const string Stage = "childproc.start.stage";
    internal const string ExitSignal = "childproc.exit.signal";
    internal const string StopReason = "childproc.stop.reason";

    internal static string Of(Containment containment) => containment switch
    {
        ChildProc.Containment.Supervised => "supervised",
        ChildProc.Containment.ProcessGroup => "process_group",
        ChildProc.Containment.Job => "job",
        _ => "none",
    };

    internal static string Of(SignalScope scope) => scope switch
    {
        SignalScope.Child => "child",
        SignalScope.ProcessGroup => "process_group",
        _ => "tree",
    };

    internal static string Of(StartStage stage) => stage switch
    {
        StartStage.Resolve => "resolve",
        StartStage.WorkingDirectory => "working_directory",
        StartStage.StandardStreams => "standard_streams",
        StartStage.Handles => "handles",
        StartStage.Session => "session",
        StartStage.Credentials => "credentials",
        StartStage.Umask => "umask",
        StartStage.Priority => "priority",
        StartStage.Limits => "limits",
        StartStage.NoNewPrivileges => "no_new_privileges",
        StartStage.Execute => "execute",
        _ => "containment",
    };

    internal static string Of(StopReason reason) => reason switch
    {
        Telemetry.StopReason.Kill => "kill",
        Telemetry.StopReason.Stop => "stop",
        Telemetry.StopReason.Cancellation => "cancellation",
        Telemetry.StopReason.Dispose => "dispose",
        Telemetry.StopReason.Forgotten => "forgotten",
        Telemetry.StopReason.HostDisposal => "host_disposal",
        Telemetry.StopReason.HostExit => "host_exit",
        _ => "release",
    };

    /// <summary>The error of an end: few values, as error.type asks for. Null when there is none.</summary>
    internal static string? ErrorOf(in ExitStatus status) => status.IsSuccess ? null
        : status.Code is not null ? "exit"
        : status.Signal?.Name ?? "unknown";

    /// <summary>The error of a failed start.</summary>
    internal static string ErrorOf(Exception failure) => failure switch
    {
        ChildProcessStartException { NativeErrorCode: > 0 and var errno } => $"start:{Errno.Name(errno) ?? Errno.Code(errno)}",
        ChildProcessStartException start => $"start:{Of(start.Stage)}",
        OperationCanceledException => "canceled",
        _ => failure.GetType().FullName!,
    };
}
