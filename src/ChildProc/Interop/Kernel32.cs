using System.Runtime.InteropServices;

namespace ChildProc.Interop;

/// <summary>kernel32.dll: declarations only. Error codes are those of winerror.h, flags those of the Windows SDK.</summary>
internal static unsafe partial class Kernel32
{
    private const string Library = "kernel32.dll";

    internal const int ERROR_SUCCESS = 0, ERROR_FILE_NOT_FOUND = 2, ERROR_PATH_NOT_FOUND = 3, ERROR_INVALID_HANDLE = 6, ERROR_HANDLE_EOF = 38,
        ERROR_NOT_SUPPORTED = 50, ERROR_BROKEN_PIPE = 109, ERROR_FILENAME_EXCED_RANGE = 206, ERROR_NO_DATA = 232,
        ERROR_PIPE_NOT_CONNECTED = 233, ERROR_MORE_DATA = 234, ERROR_DIRECTORY = 267, ERROR_OPERATION_ABORTED = 995, ERROR_IO_PENDING = 997;

    internal const uint GENERIC_READ = 0x80000000, GENERIC_WRITE = 0x40000000, FILE_APPEND_DATA = 4, SYNCHRONIZE = 0x00100000, FILE_READ_ATTRIBUTES = 0x80;
    internal const uint FILE_SHARE_ALL = 7; // read, write, delete: as files are shared on Unix
    internal const uint CREATE_NEW = 1, CREATE_ALWAYS = 2, OPEN_EXISTING = 3, OPEN_ALWAYS = 4;
    internal const uint FILE_ATTRIBUTE_DIRECTORY = 0x10, INVALID_FILE_ATTRIBUTES = uint.MaxValue;
    internal const uint DUPLICATE_SAME_ACCESS = 2;
    internal const uint FILE_TYPE_DISK = 1;

    internal const uint CREATE_NEW_PROCESS_GROUP = 0x200, CREATE_UNICODE_ENVIRONMENT = 0x400, EXTENDED_STARTUPINFO_PRESENT = 0x80000,
        CREATE_DEFAULT_ERROR_MODE = 0x04000000, CREATE_NO_WINDOW = 0x08000000;
    internal const uint STARTF_USESTDHANDLES = 0x100;
    internal const nuint PROC_THREAD_ATTRIBUTE_HANDLE_LIST = 0x00020002, PROC_THREAD_ATTRIBUTE_JOB_LIST = 0x0002000D,
        PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE = 0x00020016;
    internal const uint PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
    internal const uint CTRL_BREAK_EVENT = 1;

    internal const int JobObjectBasicAccountingInformation = 1, JobObjectBasicProcessIdList = 3, JobObjectAssociateCompletionPortInformation = 7,
        JobObjectExtendedLimitInformation = 9;
    internal const uint JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;
    internal const uint JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO = 4;

    [StructLayout(LayoutKind.Sequential)]
    internal struct StartupInfo
    {
        internal uint Size;
        internal nint Reserved, Desktop, Title;
        internal uint X, Y, Width, Height, Columns, Rows, Fill, Flags;
        internal ushort ShowWindow, ReservedSize;
        internal nint Reserved2;
        internal nint StandardInput, StandardOutput, StandardError;
        internal void* Attributes; // STARTUPINFOEX
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ProcessInformation
    {
        internal nint Process, Thread;
        internal int ProcessId, ThreadId;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Accounting
    {
        internal long UserTime, KernelTime, PeriodUserTime, PeriodKernelTime; // in units of 100 ns
        internal uint PageFaults, TotalProcesses, ActiveProcesses, TerminatedProcesses;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ExtendedLimits
    {
        internal long ProcessUserTime, JobUserTime;
        internal uint Flags;
        internal nuint MinimumWorkingSet, MaximumWorkingSet;
        internal uint ActiveProcesses;
        internal nuint Affinity;
        internal uint PriorityClass, SchedulingClass;
        internal IoCounters Io;
        internal nuint ProcessMemory, JobMemory, PeakProcessMemory, PeakJobMemory;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoCounters
    {
        internal ulong Reads, Writes, Others, ReadBytes, WrittenBytes, OtherBytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct AssociatedPort
    {
        internal nint Key, Port;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CompletionEntry
    {
        internal nint Key;
        internal void* Overlapped;
        internal nuint Internal;
        internal uint Message;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MemoryCounters
    {
        internal uint Size, PageFaults;
        internal nuint PeakWorkingSet, WorkingSet, QuotaPeakPaged, QuotaPaged, QuotaPeakNonPaged, QuotaNonPaged, Pagefile, PeakPagefile;
    }

    // ---- Handles ----

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int CloseHandle(nint handle);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int DuplicateHandle(nint fromProcess, nint handle, nint toProcess, nint* copy, uint access, int inherit, uint options);

    [LibraryImport(Library)]
    internal static partial nint GetCurrentProcess();

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint GetStdHandle(int number);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    internal static partial nint CreateFileW(string path, uint access, uint share, void* security, uint disposition, uint flags, nint template);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    internal static partial uint GetFileAttributesW(string path);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial uint GetFileType(nint file);

    // ---- Input and output ----

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ReadFile(nint file, void* buffer, uint length, uint* count, NativeOverlapped* overlapped);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int WriteFile(nint file, void* buffer, uint length, uint* count, NativeOverlapped* overlapped);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int CancelIoEx(nint file, NativeOverlapped* overlapped);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int GetOverlappedResult(nint file, NativeOverlapped* overlapped, uint* count, int wait);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int PeekNamedPipe(nint pipe, void* buffer, uint length, uint* count, uint* available, uint* leftInMessage);

    // ---- Processes ----

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    internal static partial int CreateProcessW(
        string application, char* commandLine, void* processSecurity, void* threadSecurity, int inheritHandles, uint flags,
        char* environment, string? directory, StartupInfo* startup, ProcessInformation* information);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int InitializeProcThreadAttributeList(void* list, int count, uint flags, nuint* size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int UpdateProcThreadAttribute(void* list, uint flags, nuint attribute, void* value, nuint size, void* previous, nuint* returned);

    [LibraryImport(Library)]
    internal static partial void DeleteProcThreadAttributeList(void* list);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint OpenProcess(uint access, int inherit, int process);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int TerminateProcess(nint process, uint code);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int GetExitCodeProcess(nint process, uint* code);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int GetProcessTimes(nint process, long* created, long* exited, long* kernel, long* user);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int K32GetProcessMemoryInfo(nint process, MemoryCounters* counters, uint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int QueryFullProcessImageNameW(nint process, uint flags, char* name, uint* size);

    [LibraryImport(Library)]
    internal static partial char* GetEnvironmentStringsW();

    [LibraryImport(Library)]
    internal static partial int FreeEnvironmentStringsW(char* block);

    // ---- Jobs ----

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint CreateJobObjectW(void* security, void* name);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int SetInformationJobObject(nint job, int kind, void* information, uint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int QueryInformationJobObject(nint job, int kind, void* information, uint size, uint* returned);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int TerminateJobObject(nint job, uint code);

    // ---- Completion port and waits ----

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint CreateIoCompletionPort(nint file, nint port, nint key, uint threads);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int PostQueuedCompletionStatus(nint port, uint message, nint key, void* overlapped);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int GetQueuedCompletionStatusEx(nint port, CompletionEntry* entries, uint capacity, uint* count, uint timeoutMilliseconds, int alertable);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint CreateThreadpoolWait(delegate* unmanaged<nint, nint, nint, uint, void> callback, nint context, void* environment);

    [LibraryImport(Library)]
    internal static partial void SetThreadpoolWait(nint wait, nint handle, void* timeout);

    [LibraryImport(Library)]
    internal static partial void CloseThreadpoolWait(nint wait);

    // ---- Consoles ----

    [LibraryImport(Library)]
    internal static partial uint GetConsoleCP();

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int GenerateConsoleCtrlEvent(uint kind, int group);

    [LibraryImport(Library)]
    internal static partial int CreatePseudoConsole(uint size, nint input, nint output, uint flags, nint* console);

    [LibraryImport(Library)]
    internal static partial int ResizePseudoConsole(nint console, uint size);

    [LibraryImport(Library)]
    internal static partial void ClosePseudoConsole(nint console);
}
