namespace ChildProc.Tests.Infrastructure;

/// <summary>A guardian on disk that is a script: it executes a command with the arguments of a guardian.</summary>
internal sealed class GuardianScript : IDisposable
{
    private readonly TemporaryDirectory _directory = TemporaryDirectory.ForPrograms();

    internal GuardianScript(string command)
    {
        Path = _directory.Write("guardian", $"#!/bin/sh\nexec {command} \"$@\"\n");
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    internal string Path { get; }

    public void Dispose() => _directory.Dispose();
}
