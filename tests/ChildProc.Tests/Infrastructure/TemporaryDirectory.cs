using ChildProc.Interop;

namespace ChildProc.Tests.Infrastructure;

/// <summary>A directory for one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal TemporaryDirectory()
        : this(System.IO.Path.GetTempPath())
    {
    }

    private TemporaryDirectory(string parent) => Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, $"childproc-{Guid.NewGuid():N}")).FullName;

    internal string Path { get; }

    /// <summary>One in which programs may be executed: the temporary directories of some machines are mounted noexec.</summary>
    internal static TemporaryDirectory ForPrograms()
    {
        foreach (string parent in (string[])[System.IO.Path.GetTempPath(), "/var/tmp", "/dev/shm", AppContext.BaseDirectory, Environment.GetEnvironmentVariable("HOME") ?? "/"])
        {
            TemporaryDirectory? directory = null;
            try
            {
                directory = new(parent);
                if (IsExecutable(directory.Write("probe", "")))
                {
                    return directory;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // neither here
            }

            directory?.Dispose();
        }

        Assert.Skip("every directory that may be written to is mounted noexec");
        return null!;
    }

    /// <summary>The path of a file in it.</summary>
    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <returns>The path of the file.</returns>
    internal string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <returns>The path of a copy of the puppet.</returns>
    internal string WritePuppet(string name)
    {
        File.Copy(Puppet.Path, this[name]);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    // access(2) says no where the mount is noexec, whatever the mode of the file.
    private static bool IsExecutable(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return true;
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Mono.Unix.Native.Syscall.access(path, Mono.Unix.Native.AccessModes.X_OK) == 0;
    }
}
