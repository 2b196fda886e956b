namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.File"/>.</summary>
internal sealed class FileStdio(string path, FileMode? mode) : ChildStdio
{
    public string Path { get; } = path;

    /// <summary>Null: <see cref="FileMode.Open"/> for input, <see cref="FileMode.Create"/> for output.</summary>
    public FileMode? Mode { get; } = mode;

    public override string ToString() => Mode is { } mode ? $"File({Path}, {mode})" : $"File({Path})";
}
