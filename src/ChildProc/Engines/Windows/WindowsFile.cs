using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Stdio;

namespace ChildProc.Engines.Windows;

/// <summary>Opens the file of a standard stream, to be shared as files are on Unix: read, written, renamed and deleted by others.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class WindowsFile
{
    /// <returns>A handle, the caller's to close.</returns>
    /// <exception cref="ChildProcessStartException">It cannot be opened.</exception>
    internal static KernelHandle Open(FileStdio file, int number, ChildProcessStartInfo info)
    {
        // Appending without the right to write elsewhere: each write goes to the end of that moment.
        uint access = number == 0 ? Kernel32.GENERIC_READ
            : file.Mode == FileMode.Append ? Kernel32.FILE_APPEND_DATA | Kernel32.FILE_READ_ATTRIBUTES | Kernel32.SYNCHRONIZE
            : Kernel32.GENERIC_WRITE;
        uint disposition = number == 0 ? Kernel32.OPEN_EXISTING : file.Mode switch
        {
            FileMode.Append or FileMode.OpenOrCreate => Kernel32.OPEN_ALWAYS,
            FileMode.CreateNew => Kernel32.CREATE_NEW,
            _ => Kernel32.CREATE_ALWAYS,
        };
        KernelHandle handle = new(Kernel32.CreateFileW(file.Path, access, Kernel32.FILE_SHARE_ALL, null, disposition, 0, 0));
        return handle.IsInvalid
            ? throw ChildProcessStartException.Create(StartStage.StandardStreams, Marshal.GetLastPInvokeError(), info)
            : handle;
    }
}
