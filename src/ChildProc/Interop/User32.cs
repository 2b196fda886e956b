using System.Runtime.InteropServices;

namespace ChildProc.Interop;

/// <summary>user32.dll: declarations only.</summary>
internal static unsafe partial class User32
{
    private const string Library = "user32.dll";

    internal const uint WM_CLOSE = 0x10;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int EnumWindows(delegate* unmanaged<nint, nint, int> onWindow, nint state);

    [LibraryImport(Library)]
    internal static partial uint GetWindowThreadProcessId(nint window, int* process);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int PostMessageW(nint window, uint message, nuint first, nint second);
}
