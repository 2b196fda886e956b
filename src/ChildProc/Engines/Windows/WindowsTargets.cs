using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Pumps;
using ChildProc.Stdio;

namespace ChildProc.Engines.Windows;

/// <summary>Makes the target of an output that the library copies, and opens what it needs before the child is started.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsTargets
{
    /// <exception cref="ChildProcessStartException">Something cannot be opened; nothing is left open.</exception>
    internal static OutputTarget Create(ChildStdio stdio, int number, ChildProcessStartInfo info) => OutputTarget.Create(stdio, info, opened => opened switch
    {
        FileStdio file => new HandleTarget(WindowsFile.Open(file, number, info)),
        HandleStdio handle => Copy(handle.SafeHandle, info),
        _ => Inherited(number, info),
    });

    private static OutputTarget Inherited(int number, ChildProcessStartInfo info)
    {
        using SafeHandle? standard = StandardHandle.Of(number);
        return standard is null ? new StreamTarget(Stream.Null) : Copy(standard, info);
    }

    private static HandleTarget Copy(SafeHandle handle, ChildProcessStartInfo info)
        => KernelHandle.Copy(handle) is { } copy
            ? new HandleTarget(copy)
            : throw ChildProcessStartException.Create(StartStage.StandardStreams, Marshal.GetLastPInvokeError(), info);
}
