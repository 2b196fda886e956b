using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Pipes;

/// <summary>Makes pipes that have no name, as CreatePipe does since Windows 7: nobody else can open them, and nobody can guess them.</summary>
/// <remarks>CreatePipe itself knows no overlapped end, and a named pipe would be there for everybody to see.</remarks>
[SupportedOSPlatform("windows")]
internal static unsafe class WindowsPipe
{
    private const uint Size = 64 * 1024; // as the kernel of Linux has it

    private static readonly Lock s_gate = new();
    private static KernelHandle? s_root; // \Device\NamedPipe\, kept for the life of the process

    /// <summary>0, or an error of Windows.</summary>
    /// <param name="ours">The host's end; overlapped unless the pipe is between two children.</param>
    /// <param name="theirs">The child's end: synchronous, as every program expects of its standard streams.</param>
    /// <param name="childReads">Which way it goes.</param>
    /// <param name="overlapped">The host uses its end itself.</param>
    internal static int Create(bool childReads, bool overlapped, out KernelHandle? ours, out KernelHandle? theirs)
    {
        (ours, theirs) = (null, null);
        int status = Root(out KernelHandle root);
        if (status < 0)
        {
            return Ntdll.RtlNtStatusToDosError(status);
        }

        using HandleUse parent = new(root);
        Ntdll.UnicodeString empty = default;
        Ntdll.ObjectAttributes attributes = new() { Length = (uint)sizeof(Ntdll.ObjectAttributes), RootDirectory = parent.Value, Name = &empty };
        Ntdll.IoStatus io;
        long timeout = -500_000; // 50 ms, which only WaitNamedPipe would look at
        nint server;

        // Who shares what says which way the bytes go: the server reads where clients may write.
        uint access = (childReads ? Kernel32.GENERIC_WRITE | Kernel32.FILE_READ_ATTRIBUTES : Kernel32.GENERIC_READ | Ntdll.FILE_WRITE_ATTRIBUTES) | Kernel32.SYNCHRONIZE;
        uint share = childReads ? ShareRead : ShareWrite;
        status = Ntdll.NtCreateNamedPipeFile(
            &server, access, &attributes, &io, share, Ntdll.FILE_CREATE, overlapped ? 0 : Ntdll.FILE_SYNCHRONOUS_IO_NONALERT,
            type: 0, readMode: 0, completionMode: 0, maximumInstances: 1, Size, Size, &timeout);
        if (status < 0)
        {
            return Ntdll.RtlNtStatusToDosError(status);
        }

        ours = new KernelHandle(server);
        attributes.RootDirectory = server;
        access = (childReads ? Kernel32.GENERIC_READ | Ntdll.FILE_WRITE_ATTRIBUTES : Kernel32.GENERIC_WRITE | Kernel32.FILE_READ_ATTRIBUTES) | Kernel32.SYNCHRONIZE;
        nint client;
        status = Ntdll.NtOpenFile(
            &client, access, &attributes, &io, childReads ? ShareWrite : ShareRead, Ntdll.FILE_SYNCHRONOUS_IO_NONALERT | Ntdll.FILE_NON_DIRECTORY_FILE);
        if (status < 0)
        {
            ours.Dispose();
            return Ntdll.RtlNtStatusToDosError(status);
        }

        theirs = new KernelHandle(client);
        return 0;
    }

    private const uint ShareRead = 1, ShareWrite = 2;

    private static int Root(out KernelHandle root)
    {
        lock (s_gate)
        {
            int status = 0;
            if (s_root is null)
            {
                const string Name = @"\Device\NamedPipe\";
                nint handle;
                fixed (char* at = Name)
                {
                    Ntdll.UnicodeString name = new() { Buffer = at, Length = (ushort)(Name.Length * sizeof(char)), MaximumLength = (ushort)(Name.Length * sizeof(char)) };
                    Ntdll.ObjectAttributes attributes = new() { Length = (uint)sizeof(Ntdll.ObjectAttributes), Name = &name };
                    Ntdll.IoStatus io;
                    status = Ntdll.NtOpenFile(
                        &handle, Kernel32.GENERIC_READ | Kernel32.SYNCHRONIZE, &attributes, &io, ShareRead | ShareWrite, Ntdll.FILE_SYNCHRONOUS_IO_NONALERT);
                }

                s_root = status < 0 ? null : new KernelHandle(handle);
            }

            root = s_root!;
            return status;
        }
    }
}
