using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>
/// The library's own program as something that can be executed, so that it works in single-file, trimmed and NativeAOT
/// applications and from a package without executable bits.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class GuardianImage : IDisposable
{
    private readonly Descriptor? _descriptor;
    private readonly string? _temporary;

    private GuardianImage(string path, Descriptor? descriptor = null, string? temporary = null)
    {
        Path = path;
        _descriptor = descriptor;
        _temporary = temporary;
    }

    internal string Path { get; }

    /// <summary>Its descriptor; null when it is closed, or when it has a name.</summary>
    internal int? Number => _descriptor?.OpenNumber;

    /// <summary>A program of the user's on disk.</summary>
    internal static GuardianImage OnDisk(string path) => new(path);

    /// <summary>A memfd that nobody can change any more.</summary>
    /// <exception cref="ProgramUnavailableException">There is none.</exception>
    internal static GuardianImage InMemory(byte[] program)
    {
        // MFD_EXEC says that it is meant to be executed. Before Linux 6.3 that is unknown (EINVAL), and all of them may be. Where
        // it is refused (EACCES: vm.memfd_noexec=2) a memfd without it could never be executed: there is no point in asking again.
        const uint Flags = Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING;
        int number = Libc.memfd_create("childproc-guardian", Flags | Libc.MFD_EXEC);
        if (number < 0 && Marshal.GetLastPInvokeError() == Libc.EINVAL)
        {
            number = Libc.memfd_create("childproc-guardian", Flags);
        }

        Check(number, "a memfd cannot be made");
        Descriptor memfd = new(number);
        return FromDescriptor(memfd, SealedMemory.Fill(number, program));
    }

    /// <summary>A file without a name: nothing is left of it, whatever becomes of the host.</summary>
    /// <exception cref="ProgramUnavailableException">There is none.</exception>
    internal static GuardianImage Unnamed(string directory, byte[] program)
    {
        int number = UnnamedFile.Create(directory, UnnamedFile.OwnerExecutesToo);
        Check(number, $"a file cannot be made in {directory}");
        using Descriptor writer = new(number);
        int error = SealedMemory.Write(number, program);

        // Nobody may have it open for writing when it is executed: ETXTBSY, execve(2).
        int reader = error == 0 ? Libc.open($"/proc/self/fd/{number}", Libc.O_RDONLY | Libc.O_CLOEXEC, 0) : -1;
        error = error == 0 && reader < 0 ? Marshal.GetLastPInvokeError() : error;
        return FromDescriptor(new Descriptor(reader), error);
    }

    /// <summary>A file of the user's alone, until the disposal: for where /proc is missing, and for emulators, which open the program themselves.</summary>
    /// <exception cref="ProgramUnavailableException">There is none.</exception>
    internal static GuardianImage Named(string directory, byte[] program)
    {
        int number = UnnamedFile.CreateNamed(directory, UnnamedFile.OwnerExecutesToo, out string path);
        Check(number, $"a file cannot be made in {directory}");
        int error;
        using (new Descriptor(number))
        {
            error = SealedMemory.Write(number, program);
        }

        GuardianImage image = new(path, temporary: path);
        if (error != 0)
        {
            image.Dispose();
            throw Failure($"{path} cannot be written", error);
        }

        return image;
    }

    public void Dispose()
    {
        _descriptor?.Dispose();
        if (_temporary is not null)
        {
            _ = Libc.unlink(_temporary); // a running program needs no name
        }
    }

    private static GuardianImage FromDescriptor(Descriptor descriptor, int error)
    {
        if (error == 0)
        {
            return new GuardianImage($"/proc/self/fd/{descriptor.Number}", descriptor);
        }

        descriptor.Dispose();
        throw Failure("the library's own program cannot be written", error);
    }

    private static void Check(int number, string what)
    {
        if (number < 0)
        {
            throw Failure(what, Marshal.GetLastPInvokeError());
        }
    }

    private static FormUnavailableException Failure(string what, int error) => new($"{what}: {Diagnostics.Errno.Describe(error)}", error);
}
