using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Windows;

/// <summary>What CreateProcess is told beyond its parameters. The values live as long as this does, as it demands.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class ProcessAttributes : IDisposable
{
    private const int Capacity = 2, MostHandles = 4;
    private readonly ChildProcessStartInfo _info;
    private readonly nint* _values;

    /// <exception cref="ChildProcessStartException">There is no memory.</exception>
    internal ProcessAttributes(ChildProcessStartInfo info)
    {
        _info = info;
        nuint size = 0;
        _ = Kernel32.InitializeProcThreadAttributeList(null, Capacity, 0, &size); // fails, and says how much it takes
        _values = (nint*)NativeMemory.Alloc((MostHandles * (nuint)sizeof(nint)) + size);
        List = _values + MostHandles;
        if (Kernel32.InitializeProcThreadAttributeList(List, Capacity, 0, &size) == 0)
        {
            int error = Marshal.GetLastPInvokeError();
            NativeMemory.Free(_values);
            throw ChildProcessStartException.Create(StartStage.Execute, error, info);
        }
    }

    internal void* List { get; }

    /// <summary>Exactly these are inherited.</summary>
    internal void AddHandles(List<KernelHandle> handles)
    {
        for (int i = 0; i < handles.Count; i++)
        {
            _values[i] = handles[i].DangerousGetHandle(); // they live as long as the start
        }

        Add(Kernel32.PROC_THREAD_ATTRIBUTE_HANDLE_LIST, _values, handles.Count, StartStage.StandardStreams);
    }

    /// <summary>The process belongs to this console.</summary>
    internal void AddConsole(nint console)
    {
        if (Kernel32.UpdateProcThreadAttribute(List, 0, Kernel32.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, (void*)console, (nuint)sizeof(nint), null, null) == 0)
        {
            throw ChildProcessStartException.Create(StartStage.StandardStreams, Marshal.GetLastPInvokeError(), _info);
        }
    }

    /// <summary>The process is in the job from birth: it cannot be lost between its creation and an assignment.</summary>
    internal void AddJob(SafeHandle job)
    {
        _values[MostHandles - 1] = job.DangerousGetHandle();
        Add(Kernel32.PROC_THREAD_ATTRIBUTE_JOB_LIST, _values + MostHandles - 1, 1, StartStage.Containment);
    }

    public void Dispose()
    {
        Kernel32.DeleteProcThreadAttributeList(List);
        NativeMemory.Free(_values);
    }

    private void Add(nuint attribute, nint* values, int count, StartStage stage)
    {
        if (Kernel32.UpdateProcThreadAttribute(List, 0, attribute, values, (nuint)(count * sizeof(nint)), null, null) == 0)
        {
            throw ChildProcessStartException.Create(stage, Marshal.GetLastPInvokeError(), _info);
        }
    }
}
