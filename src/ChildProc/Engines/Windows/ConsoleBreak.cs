using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Windows;

/// <summary>CTRL_BREAK for the process group of a child: what Windows has in place of SIGINT. CTRL_C cannot be sent to one group.</summary>
/// <remarks>
/// It reaches only who shares the host's console. To go through another one the host would have to leave its own, and that is
/// state of the whole process.
/// </remarks>
[SupportedOSPlatform("windows")]
internal static class ConsoleBreak
{
    /// <summary>The host has a console, which its children share.</summary>
    internal static bool HasConsole => Kernel32.GetConsoleCP() != 0;

    /// <param name="group">The pid of the child that leads the group; never 0, which is everybody on the console, the host as well.</param>
    internal static bool Send(int group) => group != 0 && HasConsole && Kernel32.GenerateConsoleCtrlEvent(Kernel32.CTRL_BREAK_EVENT, group) != 0;
}
