namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Lines(Func{string, ValueTask})"/>.</summary>
internal sealed class LinesStdio(Func<string, ValueTask> onLine) : ChildStdio
{
    public Func<string, ValueTask> OnLine { get; } = onLine;

    public override string ToString() => "Lines";
}
