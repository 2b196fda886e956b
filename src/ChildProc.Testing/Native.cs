using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ChildProc.Testing;

/// <summary>The one call of the C library that a check may make.</summary>
[SupportedOSPlatform("linux")]
internal static partial class Native
{
    private const int SetChildSubreaper = 36; // prctl(2), Linux 3.4

    /// <summary>0 or errno.</summary>
    internal static int BecomeSubreaper() => prctl(SetChildSubreaper, 1, 0, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint first, nuint second, nuint third, nuint fourth);
}
