namespace ChildProc.Tests.Infrastructure;

/// <summary>A guardian on disk that is a script: it executes a command with the arguments of a guardian.</summary>
internal sealed class GuardianScript : IDisposable
{
    internal GuardianScript(string command)
    {
        File.WriteAllText(Path, $"#!/bin/sh\nexec {command} \"$@\"\n");
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    internal string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"childproc-guardian-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(Path);
}
