using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>A file that has no name and goes with its last descriptor: what a memfd is, where those are refused.</summary>
/// <remarks>It cannot be sealed, so its reader must copy it before use.</remarks>
[SupportedOSPlatform("linux")]
internal static class UnnamedFile
{
    internal const int OwnerReadsAndWrites = 0x180, OwnerExecutesToo = 0x1C0; // 0600, 0700

    /// <summary>In memory if possible, else on disk. A descriptor, or -1 and the last errno.</summary>
    internal static int Create()
    {
        int descriptor = -1;
        foreach (string directory in ScratchDirectories.All().OrderByDescending(static directory => directory == "/dev/shm"))
        {
            descriptor = Create(directory, OwnerReadsAndWrites);
            if (descriptor >= 0 || Marshal.GetLastPInvokeError() is Libc.EMFILE or Libc.ENFILE)
            {
                break;
            }
        }

        return descriptor;
    }

    /// <summary>In this directory. A descriptor to read and write, or -1 and the last errno.</summary>
    internal static int Create(string directory, int mode)
    {
        // With O_EXCL it can never be given a name.
        int descriptor = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR | Libc.O_EXCL | Libc.O_CLOEXEC, mode);
        if (descriptor >= 0 || Marshal.GetLastPInvokeError() is Libc.EMFILE or Libc.ENFILE)
        {
            return descriptor;
        }

        descriptor = CreateNamed(directory, mode, out string path); // a file system without O_TMPFILE, open(2)
        if (descriptor >= 0)
        {
            _ = Libc.unlink(path);
        }

        return descriptor;
    }

    /// <summary>As above, but with a name that nobody else has.</summary>
    internal static int CreateNamed(string directory, int mode, out string path)
    {
        path = Path.Combine(directory, $"childproc-{Environment.ProcessId}-{Guid.NewGuid():N}");
        return Libc.open(path, Libc.O_CREAT | Libc.O_EXCL | Libc.O_RDWR | Libc.O_CLOEXEC, mode);
    }
}
