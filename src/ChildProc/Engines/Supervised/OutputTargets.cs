using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Pipes;
using ChildProc.Pumps;
using ChildProc.Stdio;

namespace ChildProc.Engines.Supervised;

/// <summary>Makes the target of an output that the library copies, and opens what it needs before the child is started.</summary>
[SupportedOSPlatform("linux")]
internal static class OutputTargets
{
    /// <exception cref="ChildProcessStartException">Something cannot be opened; nothing is left open.</exception>
    internal static OutputTarget Create(ChildStdio stdio, int number, ChildProcessStartInfo info) => OutputTarget.Create(stdio, info, opened => opened switch
    {
        FileStdio file => Owned(FileOpening.Open(file, number, info)),
        HandleStdio handle => Copy(handle.SafeHandle, info),
        _ when !IsInheritable(number) => new StreamTarget(Stream.Null),
        _ => Copy(number, info),
    });

    /// <summary>
    /// The number is a standard stream that the host has open. One that execve(2) would close is none: the host has closed its
    /// stream, and the number is that of whatever was opened next, by this start or by another thread.
    /// </summary>
    internal static bool IsInheritable(int number) => Libc.fcntl(number, Libc.F_GETFD, 0) == 0;

    private static DescriptorTarget Copy(SafeHandle handle, ChildProcessStartInfo info)
    {
        using HandleUse use = new(handle);
        return Copy(use.Number, info);
    }

    private static DescriptorTarget Copy(int descriptor, ChildProcessStartInfo info)
        => Owned(StartResources.Check(Libc.fcntl(descriptor, Libc.F_DUPFD_CLOEXEC, 3), StartStage.StandardStreams, info));

    private static DescriptorTarget Owned(int descriptor)
        => new(new DescriptorEnd(new Descriptor(descriptor), reads: false), mayBlock: Libc.lseek(descriptor, 0, Libc.SEEK_CUR) < 0);
}
