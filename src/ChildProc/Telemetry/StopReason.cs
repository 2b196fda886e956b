namespace ChildProc.Telemetry;

/// <summary>Why a child was brought to its end; the first reason counts.</summary>
internal enum StopReason
{
    None,
    Kill,
    Stop,
    Cancellation,
    Dispose,
    Forgotten,
    HostDisposal,
    HostExit,
    Release, // not ended, but let go of
}
