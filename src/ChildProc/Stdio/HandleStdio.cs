using System.Runtime.InteropServices;

namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Handle"/>.</summary>
internal sealed class HandleStdio(SafeHandle handle) : ChildStdio
{
    public SafeHandle SafeHandle { get; } = handle;

    public override string ToString() => "Handle";
}
