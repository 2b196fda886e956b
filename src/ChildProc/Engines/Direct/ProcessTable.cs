using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>All processes, and signals for exactly one of them: proc(5), pidfd_open(2).</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class ProcessTable
{
    private const int MaxPasses = 8; // somebody is always new on a busy system
    private const int StatSize = 1024; // the command has at most 64 characters, the numbers 20 digits each

    private static readonly EnumerationOptions s_options = new() { AttributesToSkip = 0, IgnoreInaccessible = true };

    /// <summary>Every process that can be seen. Empty where /proc is not that of our own PID namespace: its numbers are other people's.</summary>
    /// <returns>Null: descriptors are short at this moment, so somebody would be missing.</returns>
    internal static List<ProcessEntry>? TryList()
    {
        List<ProcessEntry> all = new(256);
        if (!ProcFile.IsOurs())
        {
            return all;
        }

        // /proc lists numbers in their order, hundreds at a time. Who was forked meanwhile, with a number that had its turn already, by one
        // that ended before its own turn, would be missed, and with it the whole rest of a chain: so until a pass shows nobody new.
        HashSet<int> seen = new(256);
        bool fresh = true;
        try
        {
            FileSystemEnumerable<int> numbers = new("/proc", static (ref FileSystemEntry entry) => Number(entry.FileName), s_options);
            for (int pass = 0; fresh && pass < MaxPasses; pass++)
            {
                fresh = false;
                foreach (int pid in numbers)
                {
                    if (pid <= 0 || !seen.Add(pid))
                    {
                        continue;
                    }

                    fresh = true;
                    ProcessEntry? entry = Find(pid, out int error);
                    if (Errno.MayPass(error))
                    {
                        return null;
                    }

                    if (entry is not null)
                    {
                        all.Add(entry.Value);
                    }
                }
            }
        }
        catch (IOException) // /proc is there, and cannot be opened now
        {
            return null;
        }

        return all;
    }

    /// <summary>One process, or null when there is none of that number, or errno tells why it cannot be looked up.</summary>
    internal static ProcessEntry? Find(int pid, out int error)
    {
        Span<byte> buffer = stackalloc byte[StatSize];
        ReadOnlySpan<byte> stat = Read(pid, "stat", buffer, out error);
        return stat.Length > 0 ? Parse(pid, stat) : null;
    }

    /// <summary>Sends a signal to the very process that was found, never to a later one of its number. 0 or errno.</summary>
    internal static int Signal(in ProcessEntry process, int signal)
    {
        int number = (int)Libc.syscall(Libc.SYS_pidfd_open, process.Pid, 0);
        if (number < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        // It had the number before and has it still, so it had it when the pidfd was opened.
        using Descriptor pidFd = new(number);
        return Find(process.Pid, out int error) is { } now && now.Started == process.Started ? PidFd.Signal(number, signal, PidFd.Process)
            : Errno.MayPass(error) ? error : Libc.ESRCH;
    }

    /// <summary>
    /// How a process ended that is dead and not reaped, as wait(2) has it; null when it is no zombie, another by now, or one of
    /// somebody else's, whose secret that is.
    /// </summary>
    internal static int? StatusOfZombie(int pid, ulong started)
    {
        const int ExitCode = 52; // proc_pid_stat(5); zero for whoever may not trace the process
        Span<long> fields = stackalloc long[ExitCode + 1];
        Span<byte> buffer = stackalloc byte[StatSize];
        bool mayTrace = ProcFile.IsOurs() && Read(pid, "io", buffer, out _).Length > 0;
        return mayTrace && ProcStat.TryParse(Read(pid, "stat", buffer, out _), fields)
            && fields[ProcStat.StartedField] == (long)started && ProcStat.AreOfDead(fields) ? (int)fields[ExitCode] : null;
    }

    /// <summary>The process of a line of its stat file, or null.</summary>
    internal static ProcessEntry? Parse(int pid, ReadOnlySpan<byte> stat)
    {
        Span<long> fields = stackalloc long[ProcStat.StartedField + 1];
        return ProcStat.TryParse(stat, fields)
            ? new ProcessEntry(
                pid,
                (int)fields[ProcStat.ParentField],
                (int)fields[ProcStat.GroupField],
                (int)fields[ProcStat.SessionField],
                (ulong)fields[ProcStat.StartedField],
                ProcStat.AreOfDead(fields))
            : null;
    }

    private static ReadOnlySpan<byte> Read(int pid, string file, Span<byte> buffer, out int error)
    {
        int descriptor = Libc.open(ProcFile.Path(pid, file), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (error != 0)
        {
            return [];
        }

        fixed (byte* at = buffer)
        {
            nint length = Libc.read(descriptor, at, (nuint)buffer.Length);
            Libc.close(descriptor);
            return buffer[..(int)Math.Max(length, 0)];
        }
    }

    private static int Number(ReadOnlySpan<char> name)
        => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
