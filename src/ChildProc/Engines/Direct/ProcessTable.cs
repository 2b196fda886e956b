using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>All processes, and signals for exactly one of them: proc(5), pidfd_open(2).</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class ProcessTable
{
    private const int StatSize = 1024; // the command has at most 64 characters, the numbers 20 digits each

    // Numbers of fields, proc_pid_stat(5).
    private const int StateField = 3, ParentField = 4, GroupField = 5, SessionField = 6, ThreadsField = 20, StartedField = 22;

    private static readonly EnumerationOptions s_options = new() { AttributesToSkip = 0, IgnoreInaccessible = true };

    /// <summary>Every process that can be seen. Empty where /proc is not that of our own PID namespace: its numbers are other people's.</summary>
    internal static List<ProcessEntry> List()
    {
        List<ProcessEntry> all = new(256);
        if (!IsOurs())
        {
            return all;
        }

        FileSystemEnumerable<int> numbers = new("/proc", static (ref FileSystemEntry entry) => Number(entry.FileName), s_options);
        foreach (int pid in numbers)
        {
            if (pid > 0 && Find(pid) is { } entry)
            {
                all.Add(entry);
            }
        }

        return all;
    }

    /// <summary>One process, or null when there is none of that number.</summary>
    internal static ProcessEntry? Find(int pid)
    {
        Span<byte> buffer = stackalloc byte[StatSize];
        ReadOnlySpan<byte> stat = Read(pid, "stat", buffer);
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
        return Find(process.Pid) is { } now && now.Started == process.Started ? PidFd.Signal(number, signal, PidFd.Process) : Libc.ESRCH;
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
        bool mayTrace = IsOurs() && Read(pid, "io", buffer).Length > 0;
        return mayTrace && Parse(Read(pid, "stat", buffer), fields) && fields[StartedField] == (long)started && IsDead(fields) ? (int)fields[ExitCode] : null;
    }

    /// <summary>The process of a line of its stat file, or null.</summary>
    internal static ProcessEntry? Parse(int pid, ReadOnlySpan<byte> stat)
    {
        Span<long> fields = stackalloc long[StartedField + 1];
        return Parse(stat, fields)
            ? new ProcessEntry(pid, (int)fields[ParentField], (int)fields[GroupField], (int)fields[SessionField], (ulong)fields[StartedField], IsDead(fields))
            : null;
    }

    // The fields up to the last that there is room for, by their numbers; the third, a letter, by its code.
    private static bool Parse(ReadOnlySpan<byte> stat, Span<long> fields)
    {
        // The command stands in parentheses and may hold anything; the state follows the last one.
        int close = stat.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= stat.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = stat[(close + 2)..];
        int field = StateField;
        foreach (Range range in rest.Split((byte)' '))
        {
            if (field == fields.Length)
            {
                break;
            }

            ReadOnlySpan<byte> text = rest[range].TrimEnd((byte)'\n');
            if (field == StateField)
            {
                fields[field] = text.IsEmpty ? 0 : text[0];
            }
            else
            {
                _ = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out fields[field]);
            }

            field++;
        }

        return field == fields.Length;
    }

    // A zombie with threads is a process whose first thread has ended.
    private static bool IsDead(ReadOnlySpan<long> fields)
        => fields[StateField] == 'X' || (fields[StateField] == 'Z' && fields[ThreadsField] <= 1);

    private static ReadOnlySpan<byte> Read(int pid, string file, Span<byte> buffer)
    {
        int descriptor = Libc.open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (descriptor < 0)
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

    private static bool IsOurs()
    {
        try
        {
            return new FileInfo("/proc/self").LinkTarget == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static int Number(ReadOnlySpan<char> name)
        => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
