using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using ChildProc.Diagnostics;
using ChildProc.Engines.Supervised;
using ChildProc.Events;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Direct;

/// <summary>Kills the groups that are left when the host is gone: one shell per host process, which reads their numbers from a pipe.</summary>
/// <remarks>
/// A line "+TARGET" or "+TARGET:SIGNAL:TENTHS:WHOM" adds a target of kill(1), "-TARGET" takes it away; at end of file, which is
/// the end of the host, it kills what is left. A group is told before its child runs, and forgotten when it is empty. The
/// shell is nobody's child but init's, in a session of its own. One that has died is replaced with the next line, and told
/// all that is alive.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static unsafe class Watchdog
{
    private const string Script = """
        trap '' HUP INT QUIT USR1 USR2 PIPE ALRM TERM TSTP TTIN TTOU
        all=' '
        watch() {
            while read -r line; do
                case $line in
                    +*) all="$all${line#+} " ;;
                    -*) forget "${line#-}" ;;
                esac
            done
            for entry in $all; do
                case $entry in
                    *:*) end_gently "$entry" & ;;
                    *) kill -s KILL -- "$entry" ;;
                esac
            done
        }
        forget() {
            case $all in
                *" $1 "*) all="${all%%" $1 "*} ${all#*" $1 "}" ;;
                *" $1:"*) rest=${all#*" $1:"}; all="${all%%" $1:"*} ${rest#* }" ;;
            esac
        }
        end_gently() {
            target=${1%%:*}; rest=${1#*:}; signal=${rest%%:*}; rest=${rest#*:}; tenths=${rest%%:*}
            kill -s "$signal" -- "${rest#*:}"
            kill -s CONT -- "${rest#*:}"
            while [ "$tenths" -gt 0 ] && kill -s 0 -- "$target"; do
                sleep 0.1 || sleep 1
                tenths=$((tenths - 1))
            done
            kill -s KILL -- "$target"
        }
        (exec <&3 3<&- 4>&-; watch) &
        echo $! >&4
        """;

    private const int PipeNumber = 3, AnswerNumber = 4, AnswerMilliseconds = 10_000, WriteMilliseconds = 2_000;

    private static readonly Lock s_gate = new();
    private static readonly Dictionary<int, StopPolicy?> s_targets = []; // with what they get before the end
    private static Descriptor? s_pipe, s_pidFd;
    private static byte[] s_unsent = []; // while it does not read

    /// <summary>The pid of the shell, or 0.</summary>
    internal static int Pid { get; private set; }

    /// <summary>Adds the descriptors that the host holds of it.</summary>
    internal static void AddKeptDescriptors(List<int> descriptors)
    {
        lock (s_gate)
        {
            Descriptor.AddOpen(descriptors, s_pipe, s_pidFd);
        }
    }

    /// <summary>From here on the target dies with the host. 0, or the errno that kept the shell from starting: then it does not.</summary>
    /// <param name="target">A pid, or a group as a negative number.</param>
    /// <param name="ownerLost">What it gets before that; null: nothing.</param>
    /// <param name="logger">Hears of a shell that has died.</param>
    internal static int Add(int target, StopPolicy? ownerLost, ILogger logger)
    {
        lock (s_gate)
        {
            s_targets[target] = ownerLost;
            if (Write(Line(target, ownerLost), WriteMilliseconds))
            {
                return 0;
            }

            int error = Replace(logger);
            if (error != 0)
            {
                s_targets.Remove(target);
            }

            return error;
        }
    }

    /// <summary>The target is gone, or free to live on.</summary>
    internal static void Forget(int target)
    {
        lock (s_gate)
        {
            if (s_targets.Remove(target))
            {
                _ = Write(string.Create(CultureInfo.InvariantCulture, $"-{target}\n"), patienceMilliseconds: 0); // a dead shell has forgotten all
            }
        }
    }

    private static string Line(int target, StopPolicy? ownerLost)
    {
        if (ownerLost is null || ownerLost.Grace <= TimeSpan.Zero || ownerLost.Signal.Number == 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"+{target}\n");
        }

        int whom = ownerLost.Scope == SignalScope.Child ? Math.Abs(target) : target;
        long tenths = (long)Math.Ceiling(ownerLost.Grace.TotalMilliseconds / 100);
        return string.Create(CultureInfo.InvariantCulture, $"+{target}:{ownerLost.Signal.Number}:{tenths}:{whom}\n");
    }

    // False: it is dead, or has not read for all that time.
    private static bool Write(string text, int patienceMilliseconds)
    {
        s_unsent = [.. s_unsent, .. Encoding.ASCII.GetBytes(text)];
        long deadline = Environment.TickCount64 + patienceMilliseconds;
        fixed (byte* at = s_unsent)
        {
            int length = s_unsent.Length, done = 0;
            while (done < length && s_pipe is not null)
            {
                nint written = Libc.write(s_pipe.Number, at + done, (nuint)(length - done));
                int error = written < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error is not (0 or Libc.EINTR) && (error != Libc.EAGAIN || !SeqPacket.Wait(s_pipe.Number, Libc.POLLOUT, deadline)))
                {
                    break;
                }

                done += (int)Math.Max(written, 0);
            }

            s_unsent = s_unsent[done..];
        }

        return s_unsent.Length == 0;
    }

    // The old one, should it live, is killed before its pipe is closed: it would kill what it watches.
    private static int Replace(ILogger logger)
    {
        if (s_pipe is not null)
        {
            Log.WatchdogLost(logger, Pid);
            if (s_pidFd is not null)
            {
                _ = PidFd.Signal(s_pidFd.Number, Libc.SIGKILL, PidFd.Process);
            }

            s_pipe.Dispose();
            s_pidFd?.Dispose();
            (s_pipe, s_pidFd, Pid) = (null, null, 0);
        }

        s_unsent = [];
        int error = Start();
        if (error == 0 && !Write(string.Concat(s_targets.Select(static target => Line(target.Key, target.Value))), WriteMilliseconds))
        {
            error = Libc.EPIPE;
        }

        return error;
    }

    private static int Start()
    {
        int* lines = stackalloc int[2], answer = stackalloc int[2];
        if (Libc.pipe2(lines, Libc.O_CLOEXEC) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        using Descriptor reads = new(lines[0]);
        Descriptor writes = new(lines[1]);
        int error = Libc.pipe2(answer, Libc.O_CLOEXEC) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error == 0)
        {
            using Descriptor answers = new(answer[0]);
            using (Descriptor told = new(answer[1]))
            {
                error = Spawn(reads.Number, told.Number, out int shell);
                using Descriptor? first = error == 0 ? PidFd.Open(shell) : null;
                told.Dispose();
                int pid = error == 0 ? ReadPid(answers.Number) : 0;
                if (first is not null)
                {
                    SeqPacket.Wait(first.Number, Libc.POLLIN, Environment.TickCount64 + AnswerMilliseconds);
                    _ = PidFd.Wait(first.Number, keep: false, out _); // or another reaper has it
                }

                if (error == 0 && pid <= 0)
                {
                    error = Libc.ECHILD;
                }

                if (error == 0)
                {
                    Libc.fcntl(writes.Number, Libc.F_SETFL, Libc.O_NONBLOCK);
                    (s_pipe, s_pidFd, Pid) = (writes, PidFd.Open(pid), pid);
                    if (HostAdoption.IsOurs && PidFd.Open(pid) is { } watched)
                    {
                        ZombieWatch.WatchOne(watched); // to be buried in the end
                    }

                    return 0;
                }
            }
        }

        writes.Dispose();
        return error;
    }

    private static int Spawn(int reads, int told, out int pid)
    {
        string title = string.Create(CultureInfo.InvariantCulture, $"childproc-watchdog   (host {Environment.ProcessId})");
        using SpawnActions actions = new(AnswerNumber);
        actions.SetMask(blockAll: false);
        actions.SetDefaultSignals();
        actions.NewSession();
        for (int i = 0; i < PipeNumber; i++)
        {
            actions.OpenNull(i);
        }

        actions.Place(reads, PipeNumber);
        actions.Place(told, AnswerNumber);
        OpenDescriptors.CloseOthers(actions, [PipeNumber, AnswerNumber]); // it must hold nothing of the host's open
        return actions.Spawn("/bin/sh", ["sh", "-c", Script, title], out pid);
    }

    private static int ReadPid(int answers)
    {
        byte* buffer = stackalloc byte[32];
        int length = 0;
        long deadline = Environment.TickCount64 + AnswerMilliseconds;
        while (length < 32 && !new ReadOnlySpan<byte>(buffer, length).Contains((byte)'\n') && SeqPacket.Wait(answers, Libc.POLLIN, deadline) && Libc.read(answers, buffer + length, (nuint)(32 - length)) is > 0 and nint count)
        {
            length += (int)count;
        }

        return int.TryParse(new ReadOnlySpan<byte>(buffer, length).TrimEnd((byte)'\n'), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0;
    }
}
