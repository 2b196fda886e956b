namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Tee"/>.</summary>
internal sealed class TeeStdio(ChildStdio[] targets) : ChildStdio
{
    public ChildStdio[] Targets { get; } = targets;

    public override string ToString() => $"Tee({string.Join<ChildStdio>(", ", Targets)})";
}
