namespace ChildProc.Tool.Model;

internal enum OpenFileKind
{
    File,
    Pipe,
    Socket,
    Pidfd,
    Event,
    Epoll,
    Other,
}

/// <summary>What descriptors refer to.</summary>
internal class OpenFile(OpenFileKind kind, string key)
{
    internal OpenFileKind Kind { get; } = kind;

    /// <summary>Path, pipe or socket inode, or pid.</summary>
    internal string Key { get; } = key;

    /// <summary>The process that a pidfd stands for.</summary>
    internal ProcessLife? Process { get; init; }

    internal static OpenFileKind KindOf(string key) =>
        key.Length == 0 ? OpenFileKind.Other
        : key.StartsWith("pipe:", StringComparison.Ordinal) ? OpenFileKind.Pipe
        : key.StartsWith("socket:", StringComparison.Ordinal) ? OpenFileKind.Socket
        : key.StartsWith("pid:", StringComparison.Ordinal) ? OpenFileKind.Pidfd
        : char.IsAsciiLetterUpper(key[0]) ? OpenFileKind.Socket // as strace writes TCP:[…] and UNIX-STREAM:[…]
        : key.StartsWith("anon_inode:[eventpoll", StringComparison.Ordinal) ? OpenFileKind.Epoll
        : key.StartsWith("anon_inode:[event", StringComparison.Ordinal) ? OpenFileKind.Event
        : key.StartsWith('/') ? OpenFileKind.File
        : OpenFileKind.Other;
}
