using System.Diagnostics;
using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Tests.Infrastructure;

/// <summary>Processes of Windows, by what stands in their environment: read from their memory, where the system keeps it.</summary>
internal static unsafe partial class WindowsProcesses
{
    private const uint QueryAndRead = 0x0410; // PROCESS_QUERY_INFORMATION, PROCESS_VM_READ

    internal static bool IsWine { get; } = NativeLibrary.TryGetExport(NativeLibrary.Load("ntdll.dll"), "wine_get_version", out _);

    internal static List<int> Having(string variable)
    {
        List<int> found = [];
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                if (Environment(process.Id).Contains(variable, StringComparison.Ordinal))
                {
                    found.Add(process.Id);
                }
            }
        }

        return found;
    }

    internal static List<int> ChildrenOf(int parent)
    {
        List<int> found = [];
        nint* basic = stackalloc nint[6];
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                using KernelHandle handle = new(Kernel32.OpenProcess(QueryAndRead, 0, process.Id));
                if (!handle.IsInvalid && NtQueryInformationProcess(handle.DangerousGetHandle(), 0, basic, (uint)(6 * sizeof(nint)), null) >= 0 && (int)basic[5] == parent)
                {
                    found.Add(process.Id);
                }
            }
        }

        return found;
    }

    internal static bool IsAlive(int pid)
    {
        using KernelHandle process = new(Kernel32.OpenProcess(Kernel32.SYNCHRONIZE, 0, pid));
        return !process.IsInvalid && WaitForSingleObject(process.DangerousGetHandle(), 0) != 0;
    }

    internal static void Kill(int pid)
    {
        const uint Terminate = 1;
        using KernelHandle process = new(Kernel32.OpenProcess(Terminate, 0, pid));
        if (!process.IsInvalid)
        {
            _ = Kernel32.TerminateProcess(process.DangerousGetHandle(), 9);
        }
    }

    // The 64-bit layout of PEB and RTL_USER_PROCESS_PARAMETERS, winternl.h. Empty for a process that is gone.
    private static string Environment(int pid)
    {
        using KernelHandle handle = new(Kernel32.OpenProcess(QueryAndRead, 0, pid));
        if (handle.IsInvalid)
        {
            return "";
        }

        nint process = handle.DangerousGetHandle(), parameters, block;
        nint* basic = stackalloc nint[6];
        nuint size;
        if (NtQueryInformationProcess(process, 0, basic, (uint)(6 * sizeof(nint)), null) < 0
            || ReadProcessMemory(process, basic[1] + 0x20, &parameters, (nuint)sizeof(nint), null) == 0
            || ReadProcessMemory(process, parameters + 0x80, &block, (nuint)sizeof(nint), null) == 0
            || ReadProcessMemory(process, parameters + 0x3F0, &size, (nuint)sizeof(nuint), null) == 0)
        {
            return "";
        }

        char[] text = new char[Math.Min(size, 1 << 20) / sizeof(char)];
        fixed (char* at = text)
        {
            return ReadProcessMemory(process, block, at, (nuint)(text.Length * sizeof(char)), null) == 0 ? "" : new string(text);
        }
    }

    [LibraryImport("kernel32.dll")]
    private static partial uint WaitForSingleObject(nint handle, uint milliseconds);

    [LibraryImport("kernel32.dll")]
    private static partial int ReadProcessMemory(nint process, nint address, void* buffer, nuint size, nuint* read);

    [LibraryImport("ntdll.dll")]
    private static partial int NtQueryInformationProcess(nint process, int kind, void* information, uint size, uint* returned);
}
