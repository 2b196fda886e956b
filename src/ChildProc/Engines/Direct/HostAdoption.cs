using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>Orphans become the host's own children, and stay as zombies unless it buries them.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class HostAdoption
{
    /// <summary>The host is PID 1 of its namespace or a child subreaper, prctl(2).</summary>
    internal static bool IsOurs
    {
        get
        {
            int isSubreaper = 0;
            return Environment.ProcessId == 1
                || (Libc.prctl(Libc.PR_GET_CHILD_SUBREAPER, (nuint)(&isSubreaper), 0, 0, 0) == 0 && isSubreaper != 0);
        }
    }
}
