using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>
/// The guardian's program as something that can be executed: a sealed memfd, so that it works in single-file, trimmed
/// and NativeAOT applications and from a package without executable bits; else a file of the user's alone.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class GuardianImage : IDisposable
{
    private const string FileSwitch = "ChildProc.Guardian.UseFile";
    private readonly Descriptor? _memfd;
    private readonly string? _temporary;

    private GuardianImage(string path, Descriptor? memfd, string? temporary)
    {
        Path = path;
        _memfd = memfd;
        _temporary = temporary;
    }

    internal string Path { get; }

    /// <summary>Its descriptor; null when it is closed, or a file.</summary>
    internal int? Number => _memfd?.OpenNumber;

    /// <summary>Why this build has no guardian for this machine, or null.</summary>
    internal static string? WhyMissing()
        => typeof(GuardianImage).Assembly.GetManifestResourceInfo(ResourceName()) is null
            ? $"this build of ChildProc holds no guardian for {RuntimeInformation.RuntimeIdentifier}: no C compiler was present when it was built"
            : null;

    /// <exception cref="PlatformNotSupportedException">This build has no guardian for this machine.</exception>
    /// <exception cref="IOException">Neither a memfd nor a file can be made.</exception>
    internal static GuardianImage Open(string? configuredPath)
    {
        if (configuredPath is not null)
        {
            return new GuardianImage(configuredPath, null, null);
        }

        if (WhyMissing() is { } reason)
        {
            throw new PlatformNotSupportedException($"Supervised containment is not available: {reason}.");
        }

        using Stream resource = typeof(GuardianImage).Assembly.GetManifestResourceStream(ResourceName())!;
        byte[] program = new byte[resource.Length];
        resource.ReadExactly(program);
        bool useFile = AppContext.TryGetSwitch(FileSwitch, out bool on) && on;
        return (useFile ? null : TryMemfd(program)) ?? InFile(program);
    }

    public void Dispose()
    {
        _memfd?.Dispose();
        if (_temporary is not null)
        {
            File.Delete(_temporary); // a running program needs no name
        }
    }

    private static string ResourceName()
        => "childproc-guardian.linux-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    private static unsafe GuardianImage? TryMemfd(byte[] program)
    {
        // MFD_EXEC says that it is meant to be executed, where vm.memfd_noexec asks for that (Linux 6.3).
        const uint Flags = Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING;
        int number = Libc.memfd_create("childproc-guardian", Flags | Libc.MFD_EXEC);
        if (number < 0)
        {
            number = Libc.memfd_create("childproc-guardian", Flags);
        }

        if (number < 0)
        {
            return null;
        }

        Descriptor memfd = new(number);
        if (SealedMemory.Fill(number, program) != 0 || !File.Exists($"/proc/self/fd/{number}"))
        {
            memfd.Dispose();
            return null;
        }

        return new GuardianImage($"/proc/self/fd/{number}", memfd, null);
    }

    private static GuardianImage InFile(byte[] program)
    {
        string directory = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && Directory.Exists(runtime)
            ? runtime
            : System.IO.Path.GetTempPath();
        string path = System.IO.Path.Combine(directory, $"childproc-guardian-{Environment.ProcessId}-{Guid.NewGuid():N}");
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
        };
        using (FileStream file = new(path, options))
        {
            file.Write(program);
        }

        return new GuardianImage(path, null, path);
    }
}
