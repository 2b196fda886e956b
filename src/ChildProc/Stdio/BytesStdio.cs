namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Bytes"/> and <see cref="ChildStdio.Text"/>.</summary>
internal sealed class BytesStdio(ReadOnlyMemory<byte> value) : ChildStdio
{
    public ReadOnlyMemory<byte> Value { get; } = value;

    public override string ToString() => "Bytes";
}
