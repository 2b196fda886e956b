using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>
/// XNU as the engine sees it: processes, groups, identities that are never used again, descriptors and pipes. It does what the
/// engine asks, when it asks, and what the test asks; it fails where the test says so.
/// </summary>
/// <remarks>
/// The rules are those of xnu-10063: fork and reuse of numbers in kern_fork.c, NOTE_EXIT before the zombie in kern_exit.c, killpg in
/// kern_sig.c, file actions and POSIX_SPAWN_CLOEXEC_DEFAULT in kern_exec.c and kern_descrip.c, proc_info.c.
/// </remarks>
internal sealed partial class ScriptedKernel : IDarwinSystem
{
    internal const int Host = 500, Launchd = 1, HostGroup = 500;
    private const ulong HostId = 50;

    private readonly object _gate = new();
    private readonly Dictionary<int, ScriptedProcess> _processes = [];
    private readonly Dictionary<string, Queue<int>> _faults = [];
    private readonly Dictionary<string, Queue<Action>> _nasty = [];
    private ulong _lastId = 100;
    private int _lastPid = 1000;

    internal ScriptedKernel()
    {
        for (int i = 0; i < 3; i++)
        {
            Attach(_descriptors, i, new ScriptedFile { Name = "terminal" }, closeOnExec: false);
        }
    }

    /// <summary>What was asked for and changes something, in this order: "kill 1001 9".</summary>
    internal List<string> Calls { get; } = [];

    /// <summary>The next process becomes a zombie only after so many pauses of the engine.</summary>
    internal int ZombieAfterPauses { get; set; }

    /// <summary>How long it was paused, in microseconds, each time.</summary>
    internal List<int> Pauses { get; } = [];

    /// <summary>The foreground group of the host's terminal; -1 without one.</summary>
    internal int Foreground { get; set; } = -1;

    /// <summary>Programs that cannot be executed, by path.</summary>
    internal Dictionary<string, int> Unexecutable { get; } = [];

    /// <summary>Paths that access(2) does not find fit.</summary>
    internal Dictionary<string, int> Inaccessible { get; } = [];

    /// <summary>Every call whose line in <see cref="Calls"/> begins so fails, once for each errno; 0 lets one pass.</summary>
    internal void Fail(string call, params int[] errors)
    {
        lock (_gate)
        {
            _faults[call] = new Queue<int>(errors);
        }
    }

    /// <summary>Right before the next call whose line begins so. Several for the same call happen one call after the other.</summary>
    internal void Before(string call, Action happens)
    {
        lock (_gate)
        {
            if (!_nasty.TryGetValue(call, out Queue<Action>? queue))
            {
                _nasty[call] = queue = [];
            }

            queue.Enqueue(happens);
        }
    }

    /// <summary>For what happens during a call: that call takes until then, while others go on. False: in vain.</summary>
    internal bool WaitUntil(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + (long)Infrastructure.Eventually.Patience.TotalMilliseconds;
        while (!condition() && Environment.TickCount64 < deadline)
        {
            Monitor.Wait(_gate, 5);
        }

        return condition();
    }

    internal string[] CallsNow
    {
        get
        {
            lock (_gate)
            {
                return [.. Calls];
            }
        }
    }

    // The errno of a scripted fault, or 0.
    private int Enter(string call)
    {
        Action? happens = _nasty.FirstOrDefault(pair => pair.Value.Count > 0 && call.StartsWith(pair.Key, StringComparison.Ordinal)).Value?.Dequeue();
        happens?.Invoke();
        Calls.Add(call);
        Queue<int>? faults = _faults.FirstOrDefault(pair => pair.Value.Count > 0 && call.StartsWith(pair.Key, StringComparison.Ordinal)).Value;
        return faults?.Dequeue() ?? 0;
    }

    // ---- What the test does ----

    internal ScriptedProcess this[int pid]
    {
        get
        {
            lock (_gate)
            {
                return _processes[pid];
            }
        }
    }

    internal bool Exists(int pid)
    {
        lock (_gate)
        {
            return _processes.ContainsKey(pid);
        }
    }

    /// <summary>Those that the host has not reaped: none may be left.</summary>
    internal List<int> ChildrenOfHost
    {
        get
        {
            lock (_gate)
            {
                return [.. _processes.Values.Where(static p => p.Parent == Host).Select(static p => p.Pid)];
            }
        }
    }

    internal List<int> Living
    {
        get
        {
            lock (_gate)
            {
                return [.. _processes.Values.Where(static p => p.IsAlive).Select(static p => p.Pid)];
            }
        }
    }

    /// <summary>A process forks; the new one is in its group, or leads one of its own.</summary>
    internal ScriptedProcess Fork(int pid, bool newGroup = false)
    {
        lock (_gate)
        {
            ScriptedProcess parent = _processes[pid];
            ScriptedProcess child = Add(NextPid(), parent.Id, pid, newGroup ? 0 : parent.Group, parent.Path, [], null);
            foreach ((int number, ScriptedFile file) in parent.Files)
            {
                file.References++;
                child.Files[number] = file;
            }

            Post(pid, DarwinAbi.NOTE_FORK, 0);
            return child;
        }
    }

    /// <summary>A process exits with a wait status.</summary>
    internal void Exit(int pid, int status)
    {
        lock (_gate)
        {
            BeginExit(_processes[pid], status);
        }
    }

    /// <summary>What a wait for any child, by other code of the host, does to a zombie.</summary>
    internal void Steal(int pid)
    {
        lock (_gate)
        {
            _processes.Remove(pid);
        }
    }

    /// <summary>The number of a process goes to a new one, which has nothing to do with it.</summary>
    internal ScriptedProcess Reuse(int pid)
    {
        lock (_gate)
        {
            _processes.Remove(pid);
            return Add(pid, 1, Launchd, 0, "/stranger", [], null);
        }
    }

    // ---- Processes ----

    public int Spawn(DarwinSpawn spawn, out int pid)
    {
        lock (_gate)
        {
            pid = 0;
            int error = Enter($"spawn {spawn.Path}");
            error = error != 0 ? error : spawn.Directory is { } directory ? Inaccessible.GetValueOrDefault(directory + "/.") : 0;
            int placed = Place(spawn.Actions, out Dictionary<int, ScriptedFile> files);
            error = error != 0 ? error : placed;
            error = error != 0 ? error : Unexecutable.GetValueOrDefault(spawn.Path);
            if (error != 0)
            {
                return error;
            }

            bool leads = (spawn.Flags & (DarwinAbi.POSIX_SPAWN_SETPGROUP | DarwinAbi.POSIX_SPAWN_SETSID)) != 0;
            string[] strings = System.Text.Encoding.UTF8.GetString(spawn.Strings).Split('\0');
            ScriptedProcess child = Add(NextPid(), HostId, Host, leads ? 0 : HostGroup, spawn.Path, strings[..spawn.ArgumentCount], spawn.Directory);
            foreach ((int number, ScriptedFile file) in files)
            {
                file.References++;
                child.Files[number] = file;
            }

            child.State = (spawn.Flags & DarwinAbi.POSIX_SPAWN_START_SUSPENDED) != 0 ? ScriptedProcess.ProcessState.Stopped : ScriptedProcess.ProcessState.Running;
            pid = child.Pid;
            return 0;
        }
    }

    public int Wait(int pid, out int status, out DarwinAbi.Usage usage)
    {
        lock (_gate)
        {
            (status, usage) = (0, default);
            int zombie = Peek(pid);
            if (zombie <= 0)
            {
                return zombie;
            }

            Enter($"wait {pid}");
            if (!_processes.Remove(pid, out ScriptedProcess? dead))
            {
                return -DarwinAbi.ECHILD; // it was stolen in this moment
            }

            status = dead.Status;
            usage.User.Seconds = 1;
            usage.PeakBytes = 4096;
            return pid;
        }
    }

    public int Peek(int pid)
    {
        lock (_gate)
        {
            return !_processes.TryGetValue(pid, out ScriptedProcess? process) || process.Parent != Host ? -DarwinAbi.ECHILD
                : process.State == ScriptedProcess.ProcessState.Zombie ? pid : 0;
        }
    }

    public int Kill(int pid, int signal)
    {
        lock (_gate)
        {
            int error = Enter($"kill {pid} {signal}");
            return error != 0 ? error : !_processes.TryGetValue(pid, out ScriptedProcess? process) ? DarwinAbi.ESRCH
                : process.IsAlive && process.IsForeign ? DarwinAbi.EPERM : Deliver(process, signal);
        }
    }

    public int KillGroup(int group, int signal)
    {
        lock (_gate)
        {
            Enter($"killpg {group} {signal}");
            List<ScriptedProcess> members = [.. _processes.Values.Where(p => p.Group == group)];
            List<ScriptedProcess> found = members.FindAll(static p => p.State != ScriptedProcess.ProcessState.Zombie && !p.IsForeign);
            found.ForEach(p => Deliver(p, signal));
            return members.Count == 0 ? DarwinAbi.ESRCH : found.Count == 0 ? DarwinAbi.EPERM : 0; // zombies are not counted
        }
    }

    public int List(uint type, int of, Span<int> pids)
    {
        lock (_gate)
        {
            int error = Enter(type == DarwinAbi.PROC_ALL_PIDS ? "list" : "list group");
            if (error != 0)
            {
                return -error;
            }

            int count = 0;
            foreach (ScriptedProcess process in _processes.Values)
            {
                if (count < pids.Length && (type == DarwinAbi.PROC_ALL_PIDS || process.Group == of))
                {
                    pids[count++] = process.Pid;
                }
            }

            return count;
        }
    }

    public int Identify(int pid, out DarwinAbi.UniqueIdentifier identifier)
    {
        lock (_gate)
        {
            identifier = default;
            Enter($"identify {pid}");
            if (!_processes.TryGetValue(pid, out ScriptedProcess? process) || !process.IsAlive)
            {
                return DarwinAbi.ESRCH;
            }

            (identifier.Process, identifier.Parent) = (process.Id, process.ForkedBy);
            return 0;
        }
    }

    public unsafe int Describe(int pid, out DarwinAbi.ShortInfo info)
    {
        lock (_gate)
        {
            info = default;
            if (!_processes.TryGetValue(pid, out ScriptedProcess? process) || !process.IsAlive)
            {
                return DarwinAbi.ESRCH;
            }

            (info.Process, info.Group) = ((uint)pid, (uint)process.Group);
            info.Status = process.State == ScriptedProcess.ProcessState.Stopped ? DarwinAbi.SSTOP : DarwinAbi.SRUN;
            fixed (byte* command = info.Command)
            {
                string name = Path.GetFileName(process.Path);
                System.Text.Encoding.UTF8.GetBytes(name.AsSpan(0, Math.Min(15, name.Length)), new Span<byte>(command, 16));
            }

            return 0;
        }
    }

    public int ForegroundGroup(int descriptor) => Foreground;

    public void Pause(int microseconds)
    {
        lock (_gate)
        {
            Pauses.Add(microseconds);
            if (ZombieAfterPauses > 0 && --ZombieAfterPauses == 0)
            {
                foreach (ScriptedProcess process in _processes.Values)
                {
                    process.State = process.State == ScriptedProcess.ProcessState.Exiting ? ScriptedProcess.ProcessState.Zombie : process.State;
                }
            }
        }
    }

    private int NextPid()
    {
        while (_processes.Values.Any(p => p.Pid == _lastPid + 1 || p.Group == _lastPid + 1)) // as long as the group is there, too
        {
            _lastPid++;
        }

        return ++_lastPid;
    }

    private ScriptedProcess Add(int pid, ulong forkedBy, int parent, int group, string path, string[] arguments, string? directory)
        => _processes[pid] = new ScriptedProcess
        {
            Pid = pid,
            Id = ++_lastId,
            ForkedBy = forkedBy,
            Parent = parent,
            Group = group == 0 ? pid : group,
            Path = path,
            Arguments = arguments,
            Directory = directory,
        };

    private int Deliver(ScriptedProcess process, int signal)
    {
        if (!process.IsAlive || signal == 0)
        {
            return 0;
        }

        process.Signals.Add(signal);
        switch (signal)
        {
            case DarwinAbi.SIGSTOP:
                process.State = ScriptedProcess.ProcessState.Stopped;
                break;
            case DarwinAbi.SIGCONT:
                process.State = ScriptedProcess.ProcessState.Running;
                break;
            case DarwinAbi.SIGKILL:
                BeginExit(process, DarwinAbi.SIGKILL);
                break;
            default:
                if (process.State == ScriptedProcess.ProcessState.Running)
                {
                    BeginExit(process, signal);
                }

                break;
        }

        return 0;
    }

    private void BeginExit(ScriptedProcess process, int status)
    {
        process.Status = status;
        process.State = ScriptedProcess.ProcessState.Exiting;
        foreach (ScriptedFile file in process.Files.Values)
        {
            file.References--;
        }

        process.Files.Clear();
        foreach (ScriptedProcess orphan in _processes.Values.Where(p => p.Parent == process.Pid).ToList())
        {
            orphan.Parent = Launchd;
            if (orphan.State == ScriptedProcess.ProcessState.Zombie)
            {
                _processes.Remove(orphan.Pid);
            }
        }

        Post(process.Pid, DarwinAbi.NOTE_EXIT, status);
        if (ZombieAfterPauses == 0)
        {
            process.State = ScriptedProcess.ProcessState.Zombie;
            if (process.Parent == Launchd)
            {
                _processes.Remove(process.Pid); // launchd reaps at once
            }
        }
    }
}
