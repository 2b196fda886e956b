namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Pipe"/>.</summary>
internal sealed class PipeStdio : ChildStdio
{
    public override string ToString() => "Pipe";
}
