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
/// forgotten before its number is free. A shell that has died is replaced with the next target, and told all that live.
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

    private const int WriteMilliseconds = 2_000, EndMilliseconds = 2_000, LeastMilliseconds = 1_000;

    private readonly Lock _gate = new();
    private readonly HashSet<int> _targets = [];
    private DarwinDescriptor? _pipe;
    private ILogger _logger = NullLogger.Instance;
    private long _began;
    private int _pid;

    public int Slot { get; set; } = IDarwinEntry.NotRegistered;

    private IDarwinSystem System => platform.System;

    /// <summary>From here on the target dies with the host. 0, or the errno that kept the shell from starting: then it does not.</summary>
    /// <param name="target">A pid, or a group as a negative number.</param>
    /// <param name="logger">Hears of a shell that has died.</param>
    internal int Add(int target, ILogger logger)
    {
        lock (_gate)
        {
            _logger = logger;
            _targets.Add(target);
            int error = _pipe is not null && Write(Line('+', target)) ? 0 : Replace(logger);
            if (error != 0)
            {
                _targets.Remove(target);
            }

            return error;
        }
    }

    /// <summary>The target is gone, or free to live on.</summary>
    internal void Forget(int target)
    {
        lock (_gate)
        {
            if (_targets.Remove(target) && _pipe is not null && !Write(Line('-', target)))
            {
                Discard(); // it does not read, and would kill what is not ours any more; the next target brings a new one
            }
        }
    }

    /// <summary>The shell has ended.</summary>
    public void OnEvent(in DarwinAbi.Kevent64 change)
    {
        int pid = (int)change.Ident;
        ThreadPool.UnsafeQueueUserWorkItem(_ => OnEnd(pid), null); // a start may hold the gate
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Discard();
        }
    }

    private static string Line(char sign, int target) => string.Create(CultureInfo.InvariantCulture, $"{sign}{target}\n");

    // False: it is dead, or has not read for all that time.
    private bool Write(string text)
    {
        ReadOnlySpan<byte> rest = Encoding.ASCII.GetBytes(text);
        long deadline = Environment.TickCount64 + WriteMilliseconds;
        while (!rest.IsEmpty)
        {
            int written = System.Write(_pipe!.Number, rest);
            if (written >= 0)
            {
                rest = rest[written..];
            }
            else if (written != -DarwinAbi.EAGAIN || deadline - Environment.TickCount64 is not (> 0 and long left)
                || System.Poll(_pipe.Number, DarwinAbi.POLLOUT, (int)left) <= 0)
            {
                return false;
            }
        }

        return true;
    }

    private int Replace(ILogger logger)
    {
        if (_pipe is not null)
        {
            Log.WatchdogLost(logger, _pid);
            Discard();
        }

        int error = Start();
        if (error == 0 && !Write(string.Concat(_targets.Select(static target => Line('+', target)))))
        {
            Discard();
            error = DarwinAbi.EPIPE;
        }

        return error;
    }

    private void OnEnd(int pid)
    {
        lock (_gate)
        {
            if (_pid != pid)
            {
                return; // it was ended here
            }

            // Whoever lives goes on being watched, unless it ends each time at once: then the next start tries again.
            if (_targets.Count > 0 && Environment.TickCount64 - _began > LeastMilliseconds)
            {
                _ = Replace(_logger);
            }
            else
            {
                Discard();
            }
        }
    }

    // The old one, should it live, is killed before its pipe is closed: it would kill what it watches.
    private void Discard()
    {
        if (_pid != 0)
        {
            platform.Reactor.Remove(this, _pid, DarwinAbi.EVFILT_PROC);
            _ = System.Kill(_pid, DarwinAbi.SIGKILL); // the number is its own: it is reaped here and nowhere else
            long deadline = Environment.TickCount64 + EndMilliseconds;
            while (System.Wait(_pid, out _, out _) == 0 && Environment.TickCount64 < deadline)
            {
                System.Pause(200);
            }
        }

        _pid = 0;

        _pipe?.Dispose();
        _pipe = null;
    }

    private int Start()
    {
        int error = platform.Pipe(out DarwinDescriptor reads, out DarwinDescriptor writes);
        if (error != 0)
        {
            return error;
        }

        List<DarwinDescriptor> moved = [reads];
        List<SpawnAction> actions = [];
        error = DescriptorPlan.Make(System, [(reads.Number, 0)], [1, 2], actions, moved);
        if (error == 0)
        {
            string title = string.Create(CultureInfo.InvariantCulture, $"childproc-watchdog   (host {Environment.ProcessId})");
            byte[] strings = Encoding.UTF8.GetBytes($"sh\0-c\0{Script}\0{title}\0PATH=/usr/bin:/bin\0");
            error = System.Spawn(new DarwinSpawn("/bin/sh", strings, 4, 1, DarwinAbi.POSIX_SPAWN_SETSID, "/", actions), out _pid);
        }

        moved.ForEach(static descriptor => descriptor.Dispose());
        if (error != 0)
        {
            _pid = 0;
            writes.Dispose();
            return error;
        }

        _ = System.Control(writes.Number, DarwinAbi.F_SETFL, DarwinAbi.O_NONBLOCK);
        _pipe = writes;
        _began = Environment.TickCount64;
        if (platform.Reactor.Arm(this, _pid, DarwinAbi.EVFILT_PROC, 0, DarwinAbi.NOTE_EXIT) != 0)
        {
            Discard(); // ESRCH: it has ended already
            return DarwinAbi.ECHILD;
        }

        return 0;
    }
}
