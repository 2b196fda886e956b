using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Windows;

/// <summary>The job object of one tree: no name, never inherited, and everything in it dies with its last handle.</summary>
/// <remarks>Nobody breaks away from it: JOB_OBJECT_LIMIT_BREAKAWAY_OK is never set. A crash of the host closes the handle.</remarks>
[SupportedOSPlatform("windows")]
internal sealed unsafe class Job : IDisposable
{
    private readonly KernelHandle _handle;

    private Job(KernelHandle handle) => _handle = handle;

    internal SafeHandle Handle => _handle;

    /// <summary>Makes a job whose messages go to a completion port. Null, and the error of Windows.</summary>
    internal static Job? Create(nint port, nint key, out int error)
    {
        KernelHandle handle = new(Kernel32.CreateJobObjectW(null, null));
        error = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        Job job = new(handle);
        if (error == 0)
        {
            // The port comes before the first process, or its messages would be missing.
            Kernel32.AssociatedPort associated = new() { Key = key, Port = port };
            error = job.Set(Kernel32.JobObjectAssociateCompletionPortInformation, &associated, sizeof(Kernel32.AssociatedPort));
        }

        if (error == 0)
        {
            error = job.SetLimits(Kernel32.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
        }

        if (error == 0)
        {
            return job;
        }

        job.Dispose();
        return null;
    }

    /// <summary>Its processes that have not ended; 0 also for a job that is closed.</summary>
    internal int ActiveProcesses() => TryAccount(out Kernel32.Accounting accounting) ? (int)accounting.ActiveProcesses : 0;

    internal bool TryAccount(out Kernel32.Accounting accounting)
    {
        Kernel32.Accounting found = default;
        bool known = Query(Kernel32.JobObjectBasicAccountingInformation, &found, sizeof(Kernel32.Accounting)) == 0;
        accounting = found;
        return known;
    }

    /// <summary>The most memory that a process of it had committed, in bytes.</summary>
    internal long PeakProcessMemory()
    {
        Kernel32.ExtendedLimits limits = default;
        return Query(Kernel32.JobObjectExtendedLimitInformation, &limits, sizeof(Kernel32.ExtendedLimits)) == 0 ? (long)limits.PeakProcessMemory : 0;
    }

    /// <summary>The pids in it.</summary>
    internal List<int> Members()
    {
        List<int> members = [];
        for (int room = 64; ; room *= 2)
        {
            // JOBOBJECT_BASIC_PROCESS_ID_LIST: two counts, then the pids, each as wide as a pointer.
            nuint[] buffer = new nuint[1 + room];
            fixed (nuint* at = buffer)
            {
                int error = Query(Kernel32.JobObjectBasicProcessIdList, at, buffer.Length * sizeof(nuint));
                if (error == Kernel32.ERROR_MORE_DATA)
                {
                    continue;
                }

                int count = error == 0 ? ((int*)at)[1] : 0;
                for (int i = 0; i < count; i++)
                {
                    members.Add((int)buffer[1 + i]);
                }

                return members;
            }
        }
    }

    internal bool Terminate(uint code)
    {
        try
        {
            using HandleUse use = new(_handle);
            return Kernel32.TerminateJobObject(use.Value, code) != 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>What is in it now lives on when it is closed.</summary>
    internal void Release() => _ = SetLimits(0);

    public void Dispose() => _handle.Dispose();

    private int SetLimits(uint flags)
    {
        Kernel32.ExtendedLimits limits = new() { Flags = flags };
        return Set(Kernel32.JobObjectExtendedLimitInformation, &limits, sizeof(Kernel32.ExtendedLimits));
    }

    private int Set(int kind, void* information, int size)
    {
        try
        {
            using HandleUse use = new(_handle);
            return Kernel32.SetInformationJobObject(use.Value, kind, information, (uint)size) != 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        catch (ObjectDisposedException)
        {
            return Kernel32.ERROR_INVALID_HANDLE;
        }
    }

    private int Query(int kind, void* information, int size)
    {
        try
        {
            using HandleUse use = new(_handle);
            return Kernel32.QueryInformationJobObject(use.Value, kind, information, (uint)size, null) != 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        catch (ObjectDisposedException)
        {
            return Kernel32.ERROR_INVALID_HANDLE;
        }
    }
}
