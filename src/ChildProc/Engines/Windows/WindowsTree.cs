using System.Runtime.Versioning;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Windows;

/// <summary>One tree and its job; without a job, a detached child.</summary>
/// <remarks>
/// The port's thread tells the exit and the emptiness, in this order: a job that is empty before the exit of the child was seen
/// waits for that. The port holds this object until it is closed, and it never refers to the caller's object.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsTree : ProcessTree
{
    /// <summary>The exit code of what is killed here, as <c>Process.Kill</c> has it.</summary>
    internal const uint KilledCode = uint.MaxValue;

    private readonly WindowsEngine _engine;
    private readonly ChildProcessStartInfo _info;
    private readonly Lock _closing = new();
    private readonly nint _key;
    private Job? _job;
    private KernelHandle? _process;
    private nint _wait; // of the system's thread pool
    private bool _released, _closed;

    internal WindowsTree(WindowsEngine engine, ChildProcessStartInfo info, ILogger logger)
        : base(logger)
    {
        _engine = engine;
        _info = info;
        DrainTimeout = info.DrainTimeout;
        StopPolicy = info.Stop;
        OutlivesOwner = info.Containment == Containment.None;
        DiesWithHost = !OutlivesOwner && info.Leftovers == Leftovers.Kill;
        _key = JobPort.Shared.Add(this);
    }

    internal override Containment Containment => _job is null ? Containment.None : Containment.Job;

    internal Job? Job => _job;

    // ---- Start ----

    /// <summary>0, or an error of Windows.</summary>
    internal int MakeJob()
    {
        _job = Job.Create(JobPort.Shared.Port, _key, out int error);
        return error;
    }

    /// <summary>The child runs.</summary>
    internal void Begin(KernelHandle process, int pid)
    {
        _process = process;
        SetStarted(pid);
        using HandleUse use = new(process);
        _wait = JobPort.WaitFor(use.Value, _key);
    }

    /// <summary>The wait for its exit could be made.</summary>
    internal bool IsWatched => _wait != 0;

    // ---- What the port tells ----

    internal void OnExited()
    {
        if (HasExited || _process is not { IsClosed: false } process)
        {
            return;
        }

        uint code;
        ResourceUsage usage;
        try
        {
            using HandleUse use = new(process);
            _ = Kernel32.GetExitCodeProcess(use.Value, &code); // of a process that has ended: 259 is a code like any other
            usage = Usage(use.Value);
        }
        catch (ObjectDisposedException)
        {
            return; // closed meanwhile
        }

        if (_info.Leftovers == Leftovers.Release)
        {
            _job?.Release(); // what it leaves behind is nobody's from now on, also when the host crashes
        }

        SetExited(ExitStatus.FromCode(unchecked((int)code), usage));
        CheckEmpty();
    }

    internal void CheckEmpty()
    {
        if (!HasExited || (_job is { } job && job.ActiveProcesses() > 0))
        {
            return;
        }

        SetEmpty(fault: null);
        (Pipes.Terminal as PseudoConsole)?.CloseConsole(); // nobody else would end its screen
        JobPort.Shared.Unwatch(_key);
        if (IsAbandoned)
        {
            Close();
        }
    }

    protected override void OnEmptyAwaited() => JobPort.Shared.Watch(_key);

    /// <summary>Its start has failed half-way: nothing is left of it.</summary>
    internal void Discard()
    {
        SendKill();
        Close();
    }

    // ---- What is asked of it ----

    protected override bool Send(ChildSignal signal, SignalScope scope)
    {
        if (signal == ChildSignal.Kill && scope != SignalScope.ProcessGroup)
        {
            return scope == SignalScope.Child ? KillChild() : !IsEmpty && KillAll();
        }

        if (signal != ChildSignal.Interrupt && signal != ChildSignal.Terminate)
        {
            throw new PlatformNotSupportedException($"Windows has nothing like {signal}{(signal == ChildSignal.Kill ? " for a process group" : "")}.");
        }

        if (scope == SignalScope.Tree ? IsEmpty : HasExited)
        {
            return false;
        }

        bool told = _info.NewProcessGroup && !HasExited && ConsoleBreak.Send(Id);
        return (signal == ChildSignal.Terminate && CloseWindows.Ask(scope == SignalScope.Tree ? Members() : [Id])) || told;
    }

    protected override void SendKill()
    {
        KillAll();
        JobPort.Shared.Watch(_key);
    }

    internal override void Release()
    {
        _job?.Release();
        _released = true;
    }

    internal override void Abandon()
    {
        if (HasExited && _info.Leftovers == Leftovers.Release)
        {
            Close();
        }
        else
        {
            SendKill();
        }
    }

    internal override List<int> Members()
    {
        List<int> members = _job is { } job ? job.Members() : HasExited ? [] : [Id];
        int child = members.IndexOf(Id);
        if (child > 0)
        {
            (members[0], members[child]) = (Id, members[0]);
        }

        return members;
    }

    protected override string? Describe(int pid) => ProcessName.Describe(pid);

    /// <summary>Closes the job, which kills what is left in it unless it was released.</summary>
    internal override void Close()
    {
        lock (_closing)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        JobPort.Shared.Remove(_key);
        if (_wait != 0)
        {
            Kernel32.SetThreadpoolWait(_wait, 0, null);
            Kernel32.CloseThreadpoolWait(_wait); // after a callback that runs, which touches nothing of ours
        }

        _job?.Dispose();
        _process?.Dispose();
        ClosePipes();
        _engine.Remove(this);
        SetClosed(_released || _process is null ? null : TreeFault.NotEmpty);
    }

    private bool KillAll() => _job is { } job ? job.Terminate(KilledCode) : KillChild();

    private bool KillChild()
    {
        if (HasExited || _process is not { IsClosed: false } process)
        {
            return false;
        }

        try
        {
            using HandleUse use = new(process);
            return Kernel32.TerminateProcess(use.Value, KilledCode) != 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    // Of the tree up to now, from the job; of a detached child, its own.
    private ResourceUsage Usage(nint process)
    {
        long created, exited, kernel = 0, user = 0;
        _ = Kernel32.GetProcessTimes(process, &created, &exited, &kernel, &user);
        long peak;
        if (_job is { } job && job.TryAccount(out Kernel32.Accounting accounting))
        {
            (user, kernel, peak) = (Math.Max(user, accounting.UserTime), Math.Max(kernel, accounting.KernelTime), job.PeakProcessMemory());
        }
        else
        {
            Kernel32.MemoryCounters counters = new() { Size = (uint)sizeof(Kernel32.MemoryCounters) };
            _ = Kernel32.K32GetProcessMemoryInfo(process, &counters, counters.Size);
            peak = (long)counters.PeakPagefile;
        }

        return new ResourceUsage { UserTime = TimeSpan.FromTicks(user), SystemTime = TimeSpan.FromTicks(kernel), PeakMemoryBytes = peak };
    }
}
