namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.ToStandardOutput"/>.</summary>
internal sealed class ToStandardOutputStdio : ChildStdio
{
    public override string ToString() => "ToStandardOutput";
}
