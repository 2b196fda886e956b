using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>A file that has no name and goes with its last descriptor: what a memfd is, where a seccomp filter refuses those.</summary>
/// <remarks>It cannot be sealed, so its reader must copy it before use.</remarks>
[SupportedOSPlatform("linux")]
internal static class UnnamedFile
{
    /// <summary>In memory if possible, else on disk. A descriptor, or -1 and the last errno.</summary>
    internal static int Create()
    {
        int descriptor = -1;
        foreach (string? directory in (string?[])["/dev/shm", Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), Path.GetTempPath()])
        {
            if (descriptor < 0 && !string.IsNullOrEmpty(directory))
            {
                // With O_EXCL it can never be given a name.
                descriptor = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR | Libc.O_EXCL | Libc.O_CLOEXEC, 0x180 /* 0600 */);
            }
        }

        return descriptor;
    }
}
