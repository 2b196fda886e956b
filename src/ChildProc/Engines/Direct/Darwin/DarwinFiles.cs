using System.Runtime.InteropServices;
using ChildProc.Interop;
using ChildProc.Pumps;
using ChildProc.Stdio;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>Opens what the standard streams of one start need in the host.</summary>
internal sealed class DarwinFiles(DarwinPlatform platform, ChildProcessStartInfo info)
{
    private IDarwinSystem System => platform.System;

    /// <summary>A FIFO without its other end would block the open for ever: it is opened without waiting, then set to block.</summary>
    /// <exception cref="ChildProcessStartException">It cannot be opened.</exception>
    internal DarwinDescriptor Open(FileStdio file, int number)
    {
        const int ReadAndWrite = 0x1B6; // 0666, less the umask
        int flags = Flags(file.Mode, number);
        int descriptor = Check(System.Open(file.Path, flags | DarwinAbi.O_NONBLOCK | DarwinAbi.O_NOCTTY | DarwinAbi.O_CLOEXEC, ReadAndWrite), StartStage.StandardStreams);
        _ = System.Control(descriptor, DarwinAbi.F_SETFL, flags & DarwinAbi.O_APPEND); // leaves the access mode alone, fcntl(2)
        return new DarwinDescriptor(System, descriptor);
    }

    /// <summary>The target of an output that the library copies.</summary>
    /// <exception cref="ChildProcessStartException">Something cannot be opened; nothing is left open.</exception>
    internal OutputTarget Target(ChildStdio stdio, int number) => OutputTarget.Create(stdio, info, opened => opened switch
    {
        FileStdio file => Target(Open(file, number)),
        HandleStdio handle => Copy(handle.SafeHandle),
        _ when !IsOpen(number) => new StreamTarget(Stream.Null),
        _ => Copy(number),
    });

    internal bool IsOpen(int number) => System.Control(number, DarwinAbi.F_GETFD, 0) >= 0;

    /// <summary>The result of a call, or the failed start that a negative one means.</summary>
    internal int Check(int result, StartStage stage)
    {
        // No descriptor left is no fault of the file that happened to be next.
        return result >= 0
            ? result
            : throw ChildProcessStartException.Create(-result is DarwinAbi.EMFILE or DarwinAbi.ENFILE ? StartStage.StandardStreams : stage, -result, info);
    }

    private DescriptorTarget Copy(SafeHandle handle)
    {
        using HandleUse use = new(handle);
        return Copy(use.Number);
    }

    private DescriptorTarget Copy(int descriptor)
        => Target(new DarwinDescriptor(System, Check(System.Control(descriptor, DarwinAbi.F_DUPFD_CLOEXEC, 3), StartStage.StandardStreams)));

    private DescriptorTarget Target(DarwinDescriptor descriptor)
        => new(new DarwinPipeEnd(platform, descriptor, reads: false), mayBlock: !System.CanSeek(descriptor.Number));

    private static int Flags(FileMode? mode, int number) => number == 0
        ? DarwinAbi.O_RDONLY
        : DarwinAbi.O_WRONLY | mode switch
        {
            FileMode.Append => DarwinAbi.O_CREAT | DarwinAbi.O_APPEND,
            FileMode.CreateNew => DarwinAbi.O_CREAT | DarwinAbi.O_EXCL,
            FileMode.OpenOrCreate => DarwinAbi.O_CREAT,
            _ => DarwinAbi.O_CREAT | DarwinAbi.O_TRUNC,
        };
}
