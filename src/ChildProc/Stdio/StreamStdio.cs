namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Stream"/>.</summary>
internal sealed class StreamStdio(Stream stream) : ChildStdio
{
    public Stream Value { get; } = stream;

    public override string ToString() => "Stream";
}
