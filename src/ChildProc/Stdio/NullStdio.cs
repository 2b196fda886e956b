namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Null"/>.</summary>
internal sealed class NullStdio : ChildStdio
{
    public override string ToString() => "Null";
}
