namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Inherit"/>.</summary>
internal sealed class InheritStdio : ChildStdio
{
    public override string ToString() => "Inherit";
}
