using ChildProc.Pipes;
using ChildProc.Diagnostics;
using ChildProc.Pumps;
using ChildProc.Terminals;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines;

/// <summary>One tree as its engine holds it: the facts about it, and what can be asked of it.</summary>
/// <remarks>
/// The facts only ever move forward: started, exited (or lost), empty. <see cref="_gate"/> guards them; the task sources
/// are completed outside of it and run their continuations on the thread pool, so no caller's code runs on the reactor.
/// </remarks>
internal abstract partial class ProcessTree(ILogger logger)
{
    private readonly object _gate = new(); // a Monitor: WaitForExit blocks on it
    private TaskCompletionSource<ExitStatus>? _exitSource;
    private TaskCompletionSource? _emptySource;
    private ExitStatus _exit;
    private TreeFault? _emptyFault; // why nobody can tell that the tree is empty
    private bool _hasExited, _isEmpty, _isLost, _canceled;

    internal int Id { get; private set; }

    internal DateTimeOffset StartTime { get; private set; }

    internal ChildPipes Pipes { get; set; }

    /// <summary>The streams that the library serves itself, or null.</summary>
    internal ChildPumps? Pumps { get; set; }

    internal TimeSpan DrainTimeout { get; set; }

    /// <summary>The terminal that the child inherited, or null.</summary>
    internal TerminalModes? Terminal { get; set; }

    /// <summary>What cancellation of the lifetime does.</summary>
    internal StopPolicy StopPolicy { get; set; } = StopPolicy.Default;

    /// <summary>The tree is the owner's to the end: nothing of it may outlive a normal end of the host.</summary>
    internal bool DiesWithHost { get; set; } = true;

    internal abstract Containment Containment { get; }

    internal bool HasExited => Volatile.Read(ref _hasExited);

    internal bool IsEmpty => Volatile.Read(ref _isEmpty);

    /// <summary>The containment was lost: the supervisor died before the tree was empty.</summary>
    internal bool IsLost => Volatile.Read(ref _isLost);

    internal bool IsAbandoned { get; private set; }

    /// <summary>The lifetime token was cancelled before the child had exited.</summary>
    internal bool WasCanceled => Volatile.Read(ref _canceled);

    internal ExitStatus? Exit
    {
        get
        {
            lock (_gate)
            {
                return _hasExited ? _exit : null;
            }
        }
    }

    protected ILogger Logger { get; } = logger;

    // ---- What an engine does ----

    /// <summary>False when the target is gone already.</summary>
    internal abstract bool Signal(ChildSignal signal, SignalScope scope);

    /// <summary>Kills the whole tree; does not wait.</summary>
    internal abstract void Kill();

    /// <summary>Hands what is left of the tree over to itself.</summary>
    internal abstract void Release();

    /// <summary>Gives the tree up, as the death of the host would.</summary>
    internal abstract void Abandon();

    /// <summary>The pids of the tree, the child among them, parents first. Empty when it is gone.</summary>
    internal abstract List<int> Members();

    /// <summary>Frees what the host holds of it.</summary>
    internal abstract void Close();

    // ---- Waiting ----

    internal Task<ExitStatus> WhenExited()
    {
        lock (_gate)
        {
            if (_exitSource is null)
            {
                _exitSource = new TaskCompletionSource<ExitStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_hasExited)
                {
                    _exitSource.SetResult(_exit);
                }
            }

            return _exitSource.Task;
        }
    }

    /// <summary>Completes when no process of the tree is left, or fails with <see cref="TreeFault.ContainmentLost"/>.</summary>
    internal Task WhenEmpty()
    {
        lock (_gate)
        {
            if (_emptySource is null)
            {
                _emptySource = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_isEmpty)
                {
                    CompleteEmpty(_emptySource);
                }
            }

            return _emptySource.Task;
        }
    }

    internal bool WaitForExit(TimeSpan timeout, out ExitStatus status)
    {
        bool forever = timeout == Timeout.InfiniteTimeSpan;
        long deadline = Environment.TickCount64 + (long)Math.Ceiling(timeout.TotalMilliseconds);
        lock (_gate)
        {
            while (!_hasExited)
            {
                long left = deadline - Environment.TickCount64;
                if (!forever && left <= 0)
                {
                    status = default;
                    return false;
                }

                Monitor.Wait(_gate, forever ? Timeout.Infinite : (int)Math.Min(left, int.MaxValue));
            }

            status = _exit;
            return true;
        }
    }

    /// <summary>The caller forgot the child: its tree goes, as it would with the host.</summary>
    internal void AbandonForgotten()
    {
        if (!IsEmpty)
        {
            Log.Forgotten(Logger, Id);
            IsAbandoned = true;
            Abandon(); // the reactor closes the lifeline at its end
            ClosePipes();
        }
        else
        {
            Close();
        }
    }

    /// <summary>"pid state command" of every member, the dead apart.</summary>
    internal string[] DescribeMembers()
    {
        List<string> all = [];
        foreach (int pid in Members())
        {
            if (OperatingSystem.IsLinux() && Interop.ProcFs.Describe(pid) is { } text
                && !text.Contains(" Z ", StringComparison.Ordinal) && !text.Contains(" X ", StringComparison.Ordinal))
            {
                all.Add(text);
            }
        }

        return [.. all];
    }

    // ---- Facts ----

    protected void SetStarted(int pid)
    {
        Id = pid;
        StartTime = DateTimeOffset.UtcNow;
    }

    protected void SetExited(ExitStatus status)
    {
        if (Terminal is { } terminal && OperatingSystem.IsLinux() && !HasExited)
        {
            terminal.Restore(Id, died: status.Code is null); // before anybody hears of the exit
        }

        TaskCompletionSource<ExitStatus>? source;
        lock (_gate)
        {
            if (_hasExited)
            {
                return;
            }

            _exit = status;
            Volatile.Write(ref _hasExited, true);
            source = _exitSource;
            Monitor.PulseAll(_gate);
        }

        Pipes.BeginDrain(DrainTimeout, LogCut);
        Pumps?.OnExited(Pipes.Input, DrainTimeout);
        source?.TrySetResult(status);
    }

    protected void SetLost()
    {
        Volatile.Write(ref _isLost, true);
        if (!IsAbandoned)
        {
            Log.ContainmentLost(Logger, Id);
        }

        SetExited(ExitStatus.Unknown);
    }

    /// <param name="fault">Why nobody can tell whether it really is; null when it is.</param>
    protected void SetEmpty(TreeFault? fault)
    {
        if (Terminal is { } terminal && OperatingSystem.IsLinux() && !IsEmpty)
        {
            terminal.Restore(Id, died: false); // what a job of the child's prevented
        }

        TaskCompletionSource? source;
        lock (_gate)
        {
            if (_isEmpty)
            {
                return;
            }

            _emptyFault = fault;
            Volatile.Write(ref _isEmpty, true);
            source = _emptySource;
            Monitor.PulseAll(_gate);
        }

        if (source is not null)
        {
            CompleteEmpty(source);
        }
    }

    /// <summary>Nothing more will be heard of the tree: whoever still waits for it gets an answer.</summary>
    protected void SetClosed(TreeFault? fault)
    {
        SetExited(ExitStatus.Unknown);
        SetEmpty(fault);
    }

    protected void ClosePipes()
    {
        Pumps?.Stop();
        Pipes.Close();
    }

    private void LogCut(PipeEnd pipe)
    {
        string link = pipe.Link;
        IEnumerable<string?> holders = OperatingSystem.IsLinux() && link.Length > 0
            ? Interop.ProcFs.HoldersOf(link, Members()).Select(Interop.ProcFs.Describe)
            : [];
        Log.OutputCut(Logger, Id, DrainTimeout.TotalSeconds, string.Join("; ", holders));
    }

    private void CompleteEmpty(TaskCompletionSource source)
    {
        if (_emptyFault is { } fault)
        {
            source.TrySetException(new ChildProcessTreeException(fault));
        }
        else
        {
            source.TrySetResult();
        }
    }
}
