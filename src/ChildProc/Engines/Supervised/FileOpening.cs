using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Stdio;

namespace ChildProc.Engines.Supervised;

/// <summary>Opens the file of a standard stream.</summary>
[SupportedOSPlatform("linux")]
internal static class FileOpening
{
    /// <returns>A descriptor, the caller's to close.</returns>
    /// <exception cref="ChildProcessStartException">It cannot be opened.</exception>
    /// <remarks>
    /// A FIFO without its other end, or a modem line, would block the open for ever: it is opened without waiting. A FIFO that
    /// nobody writes yet then reads as ended, and one that nobody reads is ENXIO, fifo(7).
    /// </remarks>
    internal static int Open(FileStdio file, int number, ChildProcessStartInfo info)
    {
        const int ReadAndWrite = 0x1B6; // 0666, less the umask
        int flags = Flags(file.Mode, number);
        int descriptor = StartResources.Check(
            Libc.open(file.Path, flags | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC, ReadAndWrite), StartStage.StandardStreams, info);
        Libc.fcntl(descriptor, Libc.F_SETFL, flags & Libc.O_APPEND); // F_SETFL leaves the access mode alone, fcntl(2)
        return descriptor;
    }

    private static int Flags(FileMode? mode, int number) => number == 0
        ? Libc.O_RDONLY
        : Libc.O_WRONLY | mode switch
        {
            FileMode.Append => Libc.O_CREAT | Libc.O_APPEND,
            FileMode.CreateNew => Libc.O_CREAT | Libc.O_EXCL,
            FileMode.OpenOrCreate => Libc.O_CREAT,
            _ => Libc.O_CREAT | Libc.O_TRUNC,
        };
}
