using System.Runtime.InteropServices;

namespace ChildProc.Interop;

/// <summary>ntdll.dll: declarations only, for what kernel32.dll has no call for: pipes without a name, and who is at the other end.</summary>
internal static unsafe partial class Ntdll
{
    private const string Library = "ntdll.dll";

    internal const uint FILE_SYNCHRONOUS_IO_NONALERT = 0x20, FILE_NON_DIRECTORY_FILE = 0x40;
    internal const uint FILE_CREATE = 2;
    internal const uint FILE_WRITE_ATTRIBUTES = 0x100;
    internal const int FilePipeLocalInformation = 24;
    internal const uint FILE_PIPE_CONNECTED_STATE = 3;

    [StructLayout(LayoutKind.Sequential)]
    internal struct UnicodeString
    {
        internal ushort Length, MaximumLength; // in bytes
        internal char* Buffer;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ObjectAttributes
    {
        internal uint Length;
        internal nint RootDirectory;
        internal UnicodeString* Name;
        internal uint Attributes;
        internal void* SecurityDescriptor, SecurityQualityOfService;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoStatus
    {
        internal nint Status;
        internal nuint Information;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PipeInformation
    {
        internal uint Type, Configuration, MaximumInstances, CurrentInstances, InboundQuota, ReadDataAvailable, OutboundQuota, WriteQuotaAvailable, State, End;
    }

    [LibraryImport(Library)]
    internal static partial int NtOpenFile(nint* file, uint access, ObjectAttributes* attributes, IoStatus* status, uint share, uint options);

    [LibraryImport(Library)]
    internal static partial int NtCreateNamedPipeFile(
        nint* file, uint access, ObjectAttributes* attributes, IoStatus* status, uint share, uint disposition, uint options,
        uint type, uint readMode, uint completionMode, uint maximumInstances, uint inboundQuota, uint outboundQuota, long* defaultTimeout);

    [LibraryImport(Library)]
    internal static partial int NtQueryInformationFile(nint file, IoStatus* status, void* information, uint length, int kind);

    [LibraryImport(Library)]
    internal static partial int RtlNtStatusToDosError(int status);
}
