using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>Directories where a file may be made for a moment, the user's own before those of everybody.</summary>
[SupportedOSPlatform("linux")]
internal static class ScratchDirectories
{
    private const nuint ReadOnly = 1, NoExec = 8; // ST_RDONLY and ST_NOEXEC, statvfs(3)

    /// <summary>Those that are there, in this order.</summary>
    internal static IEnumerable<string> All()
        => new[] { Variable("XDG_RUNTIME_DIR"), $"/run/user/{Libc.geteuid()}", Variable("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm" }
            .OfType<string>().Distinct().Where(IsSafe);

    /// <summary>Those where a file may also be executed, as far as the mount says.</summary>
    internal static IEnumerable<string> Executable() => All().Where(static directory => (MountFlags(directory) & (ReadOnly | NoExec)) == 0);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is ['/', ..] path ? path : null;

    // Where everybody may write, only the sticky bit keeps others from putting a file of their own under the name of ours.
    private static bool IsSafe(string path)
    {
        DirectoryInfo directory = new(path);
        return directory.Exists
            && ((directory.UnixFileMode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0 || directory.UnixFileMode.HasFlag(UnixFileMode.StickyBit));
    }

    private static unsafe nuint MountFlags(string directory)
    {
        nuint* result = stackalloc nuint[16]; // struct statvfs on 64 bits: 112 bytes, f_flag is the tenth field, in glibc and musl
        return Libc.statvfs(directory, result) == 0 ? result[9] : ReadOnly;
    }
}
