using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>fcntl, ioctl and open on macOS, whose last argument travels differently on each architecture.</summary>
internal static unsafe class DarwinVariadic
{
    private static readonly bool s_onStack = IsOnStack(RuntimeInformation.ProcessArchitecture);

    /// <summary>Where Apple's calling convention has variadic arguments.</summary>
    internal static bool IsOnStack(Architecture architecture) => architecture == Architecture.Arm64;

    [SupportedOSPlatform("macos")]
    internal static int Fcntl(int descriptor, int command, nint value) => s_onStack
        ? DarwinLibrary.fcntlOnStack(descriptor, command, 0, 0, 0, 0, 0, 0, value)
        : DarwinLibrary.fcntl(descriptor, command, value);

    [SupportedOSPlatform("macos")]
    internal static int Ioctl(int descriptor, nuint request, int* value) => s_onStack
        ? DarwinLibrary.ioctlOnStack(descriptor, request, 0, 0, 0, 0, 0, 0, value)
        : DarwinLibrary.ioctl(descriptor, request, value);

    [SupportedOSPlatform("macos")]
    internal static int Open(string path, int flags, int mode) => s_onStack
        ? DarwinLibrary.openOnStack(path, flags, 0, 0, 0, 0, 0, 0, mode)
        : DarwinLibrary.open(path, flags, mode);
}
