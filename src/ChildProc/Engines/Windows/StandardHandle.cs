using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Engines.Windows;

/// <summary>The host's own standard streams, and the null device.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class StandardHandle
{
    /// <summary>The host's handle, which is not ours to close; null where it has none: a service, a program with windows.</summary>
    internal static SafeHandle? Of(int number)
    {
        nint handle = Kernel32.GetStdHandle(-10 - number); // STD_INPUT_HANDLE and on
        return handle is 0 or -1 ? null : new SafeFileHandle(handle, ownsHandle: false);
    }

    /// <summary>Invalid when it cannot be opened; then the error is the last one of P/Invoke.</summary>
    internal static KernelHandle Null(bool reads)
        => new(Kernel32.CreateFileW("NUL", reads ? Kernel32.GENERIC_READ : Kernel32.GENERIC_WRITE, Kernel32.FILE_SHARE_ALL, null, Kernel32.OPEN_EXISTING, 0, 0));
}
