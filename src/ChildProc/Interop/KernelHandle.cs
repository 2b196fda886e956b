using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Interop;

/// <summary>A handle of the Windows kernel that this library opened: closed once, by whoever comes first, or by its finalizer.</summary>
internal sealed class KernelHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    internal KernelHandle(nint value)
        : base(ownsHandle: true) => SetHandle(value);

    protected override bool ReleaseHandle() => Kernel32.CloseHandle(handle) != 0;

    /// <summary>
    /// A copy that a child inherits by its number. As any inheritable handle, it may slip into a process that code outside of
    /// this library starts at the same moment; so it lives only for the length of one start.
    /// </summary>
    /// <returns>The copy, or null; the error is the last one of P/Invoke.</returns>
    internal static KernelHandle? Inheritable(SafeHandle original) => Copy(original, inherit: 1);

    /// <summary>A copy for this process alone.</summary>
    /// <returns>The copy, or null; the error is the last one of P/Invoke.</returns>
    internal static KernelHandle? Copy(SafeHandle original) => Copy(original, inherit: 0);

    private static unsafe KernelHandle? Copy(SafeHandle original, int inherit)
    {
        using HandleUse use = new(original);
        nint copy, self = Kernel32.GetCurrentProcess();
        return Kernel32.DuplicateHandle(self, use.Value, self, &copy, 0, inherit, Kernel32.DUPLICATE_SAME_ACCESS) != 0 ? new KernelHandle(copy) : null;
    }
}
