using System.Globalization;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Windows;

/// <summary>What a process runs, for messages.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class ProcessName
{
    /// <summary>"pid program.exe", or null when it is gone or may not be looked at.</summary>
    internal static string? Describe(int pid)
    {
        using KernelHandle process = new(Kernel32.OpenProcess(Kernel32.PROCESS_QUERY_LIMITED_INFORMATION, inherit: 0, pid));
        if (process.IsInvalid)
        {
            return null;
        }

        const int Room = 32768; // the longest path
        char[] path = new char[Room];
        uint length = Room;
        fixed (char* at = path)
        {
            return Kernel32.QueryFullProcessImageNameW(process.DangerousGetHandle(), 0, at, &length) != 0
                ? string.Create(CultureInfo.InvariantCulture, $"{pid} {Path.GetFileName(path.AsSpan(0, (int)length))}")
                : null;
        }
    }
}
