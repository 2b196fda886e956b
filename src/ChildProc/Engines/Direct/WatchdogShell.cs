using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using ChildProc.Engines.Supervised;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>The shell of the watchdog: nobody's child but init's, in a session of its own, with the reading end of a pipe and nothing else.</summary>
/// <remarks>
/// A line "+TARGET" or "+TARGET:SIGNAL:TENTHS:WHOM" adds a target of kill(1), "-TARGET" takes it away; at end of file, which is
/// the end of the host, it kills what is left.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class WatchdogShell
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

    private const int PipeNumber = 3, AnswerNumber = 4, AnswerMilliseconds = 10_000;
    private const int PipeSize = 1 << 20; // for 100,000 lines: one that does not fit is for a shell that does not read

    private readonly Descriptor _pipe, _pidFd;

    private WatchdogShell(Descriptor pipe, Descriptor pidFd, int pid)
    {
        _pipe = pipe;
        _pidFd = pidFd;
        Pid = pid;
    }

    internal int Pid { get; }

    internal void AddDescriptors(List<int> descriptors) => Descriptor.AddOpen(descriptors, _pipe, _pidFd);

    /// <summary>A whole line or nothing, for lines are shorter than PIPE_BUF, pipe(7). 0, EAGAIN when there is no room, EPIPE when it is dead.</summary>
    internal int TryTell(string line)
    {
        Span<byte> bytes = stackalloc byte[128];
        int length = Encoding.ASCII.GetBytes(line, bytes);
        fixed (byte* at = bytes)
        {
            nint written;
            int error;
            do
            {
                written = Libc.write(_pipe.Number, at, (nuint)length);
                error = written < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (error == Libc.EINTR);
            return error;
        }
    }

    /// <summary>Waits until there may be room, or it is ended. False when the time is over.</summary>
    internal bool WaitForRoom(long deadlineTicks)
    {
        try
        {
            using HandleUse use = new(_pipe);
            return SeqPacket.Wait(use.Number, Libc.POLLOUT, deadlineTicks);
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Dead or alive. It is killed before its pipe is closed: it would kill what it watches.</summary>
    internal void End()
    {
        _ = PidFd.Signal(_pidFd.Number, Libc.SIGKILL, PidFd.Process);
        _pipe.Dispose();
        _pidFd.Dispose();
    }

    /// <summary>0 or errno.</summary>
    internal static int Start(out WatchdogShell? shell)
    {
        shell = null;
        int* lines = stackalloc int[2], answer = stackalloc int[2];
        if (Libc.pipe2(lines, Libc.O_CLOEXEC) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        using Descriptor reads = new(lines[0]);
        Descriptor writes = new(lines[1]); // without a word in it: whatever has been started ends with it
        int error = Libc.pipe2(answer, Libc.O_CLOEXEC) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error == 0)
        {
            using Descriptor answers = new(answer[0]), told = new(answer[1]);
            error = Spawn(reads.Number, told.Number, out int first);
            told.Dispose();
            error = error == 0 ? Adopt(first, answers.Number, writes, out shell) : error;
        }

        if (error != 0)
        {
            writes.Dispose();
        }

        return error;
    }

    // The first shell has started the second, tells its number and ends.
    private static int Adopt(int first, int answers, Descriptor writes, out WatchdogShell? shell)
    {
        shell = null;
        int pid = ReadPid(answers);
        using (Descriptor? firstFd = PidFd.Open(first))
        {
            Newborn.Bury(first, firstFd, AnswerMilliseconds);
        }

        if (pid <= 0)
        {
            return Libc.ECHILD;
        }

        Descriptor? pidFd = PidFd.Open(pid);
        if (pidFd is null)
        {
            return Marshal.GetLastPInvokeError(); // it could not be killed before its pipe is closed
        }

        Libc.fcntl(writes.Number, Libc.F_SETFL, Libc.O_NONBLOCK);
        _ = Libc.fcntl(writes.Number, Libc.F_SETPIPE_SZ, PipeSize); // not beyond the user's limit, pipe(7)
        shell = new WatchdogShell(writes, pidFd, pid);
        if (HostAdoption.IsOurs && PidFd.Open(pid) is { } watched)
        {
            _ = ZombieWatch.WatchOne(watched); // to be buried in the end
        }

        return 0;
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
        Libc.fcntl(answers, Libc.F_SETFL, Libc.O_NONBLOCK);
        while (length < 32 && !new ReadOnlySpan<byte>(buffer, length).Contains((byte)'\n') && SeqPacket.Wait(answers, Libc.POLLIN, deadline))
        {
            nint count = Libc.read(answers, buffer + length, (nuint)(32 - length));
            if (count == 0 || (count < 0 && Marshal.GetLastPInvokeError() is not (Libc.EAGAIN or Libc.EINTR)))
            {
                break;
            }

            length += (int)Math.Max(count, 0);
        }

        return int.TryParse(new ReadOnlySpan<byte>(buffer, length).TrimEnd((byte)'\n'), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0;
    }
}
