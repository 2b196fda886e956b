using System.Globalization;
using System.Text;
using ChildProc.Diagnostics;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>Kills what is left when the host is gone: one shell per host process, which reads the targets from a pipe.</summary>
/// <remarks>
/// A line "+TARGET" adds a target of kill(1), "-TARGET" takes it away; a group is a negative number, so its lines are "+-7" and
/// "--7". At end of file, which is the end of the host, the shell kills what is left. A target is told before its child runs and
/// forgotten before its number is free. A shell that has died is replaced with the next target, and told all that live. The
/// reactor forgets: so <see cref="_gate"/> is held for a write that does not wait, and for no more. Whoever has to wait for room, or
/// for the end of a shell, or starts one, holds <see cref="_renewing"/>, which is taken first.
/// </remarks>
internal sealed class DarwinWatchdog(DarwinPlatform platform) : IDarwinEntry, IDisposable
{
    /// <summary>For any POSIX shell: /bin/sh of macOS is bash 3.2, or what the administrator has chosen.</summary>
    internal const string Script = """
        trap '' HUP INT QUIT USR1 USR2 PIPE ALRM TERM TSTP TTIN TTOU
        all=' '
        while read -r line; do
            case $line in
                +*) all="$all${line#+} " ;;
                -*) case $all in *" ${line#-} "*) all="${all%%" ${line#-} "*} ${all#*" ${line#-} "}" ;; esac ;;
            esac
        done
        for target in $all; do kill -s KILL -- "$target"; done
        """;

    private const int RoomMilliseconds = 2_000, EndMilliseconds = 2_000, LeastMilliseconds = 1_000;

    private readonly Lock _gate = new();
    private readonly Lock _renewing = new();
    private readonly WatchdogBook _book = new();
    private readonly List<(int Pid, DarwinDescriptor Pipe)> _lost = []; // killed, and to be reaped before the pipe is closed
    private DarwinDescriptor? _pipe;
    private ILogger _logger = NullLogger.Instance;
    private long _began;
    private int _pid;
    private bool _ends;

    public int Slot { get; set; } = IDarwinEntry.NotRegistered;

    private IDarwinSystem System => platform.System;

    /// <summary>From here on the target dies with the host, if this is true; never waits. Else <see cref="Complete"/> has to follow.</summary>
    /// <param name="target">A pid, or a group as a negative number.</param>
    /// <param name="logger">Hears of a shell that has died.</param>
    internal bool TryAdd(int target, ILogger logger)
    {
        lock (_gate)
        {
            _logger = logger;
            _book.Add(target, Line('+', target));
            return _pipe is not null && _book.Tell(TryTell) == 0;
        }
    }

    /// <summary>From here on the target dies with the host. 0, or the errno that kept the shell from starting: then it does not.</summary>
    internal int Complete(int target)
    {
        int error = TellAll();
        if (error != 0)
        {
            Forget(target);
        }

        return error;
    }

    /// <summary>The target is gone, or free to live on. Never waits.</summary>
    internal void Forget(int target)
    {
        lock (_gate)
        {
            if (!_book.Remove(target) || _pipe is null || TryTell(Line('-', target)) != DarwinAbi.EAGAIN)
            {
                return; // of a shell that is dead, which an event tells
            }

            Lose(); // it does not read, and would one day kill whoever has the number then
        }

        Later(() => Restore(renews: true));
    }

    /// <summary>The shell has ended.</summary>
    public void OnEvent(in DarwinAbi.Kevent64 change)
    {
        int pid = (int)change.Ident;
        Later(() => OnEnd(pid)); // a start may hold the lock
    }

    public void Dispose()
    {
        lock (_renewing)
        {
            lock (_gate)
            {
                _ends = true;
                Lose();
            }

            Bury();
        }
    }

    private static string Line(char sign, int target) => string.Create(CultureInfo.InvariantCulture, $"{sign}{target}\n");

    // Where there is no thread left, the next start does it.
    private static void Later(Action work) => _ = OwnThread.TryRun("ChildProc watchdog", () =>
    {
        work();
        return true;
    });

    // A whole line or nothing, for lines are shorter than PIPE_BUF. 0 or errno.
    private int TryTell(string line) => Math.Max(-System.Write(_pipe!.Number, Encoding.ASCII.GetBytes(line)), 0);

    // 0: the shell knows all that live, which may be another shell by then; or the errno that kept that from starting.
    private int TellAll()
    {
        lock (_renewing)
        {
            for (bool isNew = false; ; isNew = true)
            {
                int error;
                while ((error = Tell(out DarwinDescriptor? pipe)) == DarwinAbi.EAGAIN && System.Poll(pipe!.Number, DarwinAbi.POLLOUT, RoomMilliseconds) > 0)
                {
                    // it reads
                }

                if (error == 0 || isNew || (error = Renew()) != 0)
                {
                    return error;
                }
            }
        }
    }

    private int Tell(out DarwinDescriptor? pipe)
    {
        lock (_gate)
        {
            pipe = _pipe; // closed by nobody but us
            return pipe is null ? DarwinAbi.EPIPE : _book.Tell(TryTell);
        }
    }

    private int Renew()
    {
        lock (_gate)
        {
            if (_ends)
            {
                return DarwinAbi.EPIPE;
            }

            Lose();
        }

        Bury();
        return Start();
    }

    private void OnEnd(int pid)
    {
        lock (_renewing)
        {
            bool renews;
            lock (_gate)
            {
                if (_pid != pid)
                {
                    return; // it was ended here
                }

                // Whoever lives goes on being watched, unless it ends each time at once: then the next start tries again.
                renews = !_book.IsEmpty && Environment.TickCount64 - _began > LeastMilliseconds;
                Lose();
            }

            Restore(renews);
        }
    }

    private void Restore(bool renews)
    {
        lock (_renewing)
        {
            Bury();
            lock (_gate)
            {
                renews &= !_book.IsEmpty && !_ends;
            }

            if (renews)
            {
                _ = TellAll();
            }
        }
    }

    // Under the gate. Dead or alive; killed before its pipe is closed: it would kill what it watches.
    private void Lose()
    {
        if (_pipe is null)
        {
            return;
        }

        if (!_book.IsEmpty && !_ends)
        {
            Log.WatchdogLost(_logger, _pid);
        }

        platform.Reactor.Remove(this, _pid, DarwinAbi.EVFILT_PROC);
        _ = System.Kill(_pid, DarwinAbi.SIGKILL); // the number is its own: it is reaped here and nowhere else
        _lost.Add((_pid, _pipe));
        _pid = 0;
        _pipe = null;
        _book.BeginAnew();
    }

    // What was lost; may wait.
    private void Bury()
    {
        (int Pid, DarwinDescriptor Pipe)[] lost;
        lock (_gate)
        {
            lost = [.. _lost];
            _lost.Clear();
        }

        foreach ((int pid, DarwinDescriptor pipe) in lost)
        {
            long deadline = Environment.TickCount64 + EndMilliseconds;
            while (System.Wait(pid, out _, out _) == 0 && Environment.TickCount64 < deadline)
            {
                System.Pause(200);
            }

            pipe.Dispose();
        }
    }

    private int Start()
    {
        int error = platform.Pipe(out DarwinDescriptor reads, out DarwinDescriptor writes);
        if (error != 0)
        {
            return error;
        }

        int pid = 0;
        List<DarwinDescriptor> moved = [reads];
        List<SpawnAction> actions = [];
        error = DescriptorPlan.Make(System, [(reads.Number, 0)], [1, 2], actions, moved);
        if (error == 0)
        {
            string title = string.Create(CultureInfo.InvariantCulture, $"childproc-watchdog   (host {Environment.ProcessId})");
            byte[] strings = Encoding.UTF8.GetBytes($"sh\0-c\0{Script}\0{title}\0PATH=/usr/bin:/bin\0");
            error = System.Spawn(new DarwinSpawn("/bin/sh", strings, 4, 1, DarwinAbi.POSIX_SPAWN_SETSID, "/", actions), out pid);
        }

        moved.ForEach(static descriptor => descriptor.Dispose());
        if (error != 0)
        {
            writes.Dispose();
            return error;
        }

        _ = System.Control(writes.Number, DarwinAbi.F_SETFL, DarwinAbi.O_NONBLOCK);
        lock (_gate)
        {
            (_pid, _pipe, _began) = (pid, writes, Environment.TickCount64);
        }

        if (platform.Reactor.Arm(this, pid, DarwinAbi.EVFILT_PROC, 0, DarwinAbi.NOTE_EXIT) == 0)
        {
            return 0;
        }

        lock (_gate)
        {
            Lose(); // ESRCH: it has ended already
        }

        Bury();
        return DarwinAbi.ECHILD;
    }
}
