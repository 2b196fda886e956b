using System.Globalization;
using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Tests.Infrastructure;

/// <summary>What a process has that another one forked, or that passed its descriptors on: pidfd_getfd(2).</summary>
internal static partial class CopiedSockets
{
    private const nint SysPidfdGetfd = 438;

    internal static List<Descriptor> Of(int pid)
    {
        List<Descriptor> copies = [];
        using Descriptor process = new((int)Libc.syscall(Libc.SYS_pidfd_open, pid, 0));
        foreach (string path in Directory.GetFiles($"/proc/{pid}/fd"))
        {
            if (new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true)
            {
                int copy = (int)Syscall(SysPidfdGetfd, process.Number, int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture), 0);
                if (copy >= 0)
                {
                    copies.Add(new Descriptor(copy));
                }
            }
        }

        return copies;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Syscall(nint number, nint process, nint descriptor, nint flags);
}
