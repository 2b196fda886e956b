using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Windows;

/// <summary>WM_CLOSE for every top-level window of some processes: the close button, by which a user ends a program with windows.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class CloseWindows
{
    /// <summary>True when there was a window to ask. Nothing is waited for.</summary>
    internal static bool Ask(List<int> processes)
    {
        Search search = new(processes);
        GCHandle handle = GCHandle.Alloc(search);
        try
        {
            _ = User32.EnumWindows(&OnWindow, GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }

        return search.Found;
    }

    [UnmanagedCallersOnly]
    private static int OnWindow(nint window, nint state)
    {
        Search search = (Search)GCHandle.FromIntPtr(state).Target!;
        int process = 0;
        _ = User32.GetWindowThreadProcessId(window, &process);
        if (search.Processes.Contains(process) && User32.PostMessageW(window, User32.WM_CLOSE, 0, 0) != 0)
        {
            search.Found = true;
        }

        return 1; // go on
    }

    private sealed class Search(List<int> processes)
    {
        internal List<int> Processes { get; } = processes;

        internal bool Found { get; set; }
    }
}
