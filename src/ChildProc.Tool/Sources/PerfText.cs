using System.Globalization;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Sources;

/// <summary>
/// Reads the text of <c>perf script --ns -F pid,tid,time,event,trace</c>. A command name may contain anything, spaces and
/// equals signs included, so the fields behind it are looked for from the end of the line.
/// </summary>
internal static class PerfText
{
    private const long CloneFiles = 0x400, CloneThread = 0x10000;

    internal static void Read(Stream stream, string file, Action<Fact> sink)
    {
        using BoundedLines lines = new(stream);
        long sequence = 0;
        while (lines.Next() is { } line)
        {
            if (lines.EndsWithinLine)
                break;
            if (string.IsNullOrWhiteSpace(line) || line.StartsWith('#'))
                continue;
            if (Parse(line, file, lines.Number, sequence) is { } fact)
            {
                sequence++;
                if (fact.Kind != FactKind.None)
                    sink(fact);
            }
            else
                sink(Gap(line.Contains("LOST", StringComparison.Ordinal) ? "perf lost events" : "no record of perf script"));
        }

        if (lines.EndsWithinLine)
            sink(Gap("the file ends within a line"));

        Fact Gap(string why) => new() { Source = FactSource.Perf, Kind = FactKind.Gap, Text = why, File = file, Line = lines.Number };
    }

    private static Fact? Parse(string line, string file, long number, long sequence)
    {
        ReadOnlySpan<char> rest = line.AsSpan().Trim();
        int space = rest.IndexOf(' ');
        if (space < 0 || !Ids(rest[..space], out int pid, out int tid))
            return null;
        rest = rest[space..].TrimStart();
        int colon = rest.IndexOf(':');
        if (colon < 0 || !Time(rest[..colon], out long time))
            return null;
        rest = rest[(colon + 1)..].TrimStart();
        int end = rest.IndexOf(": ");
        string name = (end < 0 ? rest.TrimEnd(':') : rest[..end]).ToString();
        string payload = end < 0 ? "" : rest[(end + 2)..].Trim().ToString();

        (FactKind kind, int other, int value, FactFlags flags, string? text) = name switch
        {
            "task:task_newtask" => NewTask(payload),
            "sched:sched_process_exec" => (FactKind.TaskExec, 0, 0, FactFlags.None, Before(payload, "filename=", " pid=")),
            "sched:sched_process_exit" => (FactKind.TaskExit, 0, 0, tid != pid ? FactFlags.Thread : 0, null),
            "signal:signal_generate" => Signal(payload),
            "syscalls:sys_exit_wait4" => Wait(payload),
            "sched:sched_process_fork" or "syscalls:sys_exit_waitid" => (FactKind.None, 0, 0, FactFlags.None, null),
            _ => (FactKind.Gap, 0, 0, FactFlags.None, "an unknown event"),
        };
        return new Fact
        {
            Time = time, Source = FactSource.Perf, Sequence = sequence, Pid = pid, Tid = tid, Kind = kind, Other = other, Number = value,
            Flags = flags, Text = text, Key = kind == FactKind.TaskExec ? text : null, File = file, Line = number,
        };
    }

    private static bool Ids(ReadOnlySpan<char> text, out int pid, out int tid)
    {
        int slash = text.IndexOf('/');
        (pid, tid) = (0, 0);
        return slash > 0 && int.TryParse(text[..slash], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out pid)
            && int.TryParse(text[(slash + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out tid);
    }

    private static bool Time(ReadOnlySpan<char> text, out long nanoseconds)
    {
        nanoseconds = 0;
        int dot = text.IndexOf('.');
        if (dot <= 0 || text.Length - dot != 10 || !long.TryParse(text[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || seconds > int.MaxValue || !long.TryParse(text[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long fraction))
            return false;
        nanoseconds = seconds * 1_000_000_000 + fraction;
        return true;
    }

    private static (FactKind, int, int, FactFlags, string?) NewTask(string payload)
    {
        int at = payload.LastIndexOf(" clone_flags=", StringComparison.Ordinal);
        if (at < 0 || !long.TryParse(Word(payload, at + " clone_flags=".Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long flags)
            || !payload.StartsWith("pid=", StringComparison.Ordinal) || !int.TryParse(Word(payload, 4), out int pid))
            return Bad;
        return (FactKind.TaskNew, pid, 0, ((flags & CloneThread) != 0 ? FactFlags.Thread : 0) | ((flags & CloneFiles) != 0 ? FactFlags.SharesFiles : 0), null);
    }

    private static (FactKind, int, int, FactFlags, string?) Signal(string payload)
    {
        int group = payload.LastIndexOf(" pid=", StringComparison.Ordinal);
        int code = payload.IndexOf(" code=", StringComparison.Ordinal);
        if (group < 0 || code < 0 || !payload.StartsWith("sig=", StringComparison.Ordinal) || !int.TryParse(Word(payload, 4), out int signal)
            || !int.TryParse(Word(payload, group + 5), out int pid) || !int.TryParse(Word(payload, code + 6), out int origin))
            return Bad;
        // Above 0 the kernel itself sent it.
        return origin > 0 ? (FactKind.None, 0, 0, 0, null) : (FactKind.SignalSend, pid, signal, 0, null);
    }

    private static (FactKind, int, int, FactFlags, string?) Wait(string payload) =>
        payload.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(payload.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong result)
            ? result is > 0 and <= int.MaxValue ? (FactKind.TaskReap, (int)result, 0, FactFlags.AnyChild, null) : (FactKind.None, 0, 0, 0, null)
            : Bad;

    private static (FactKind, int, int, FactFlags, string?) Bad => (FactKind.Gap, 0, 0, 0, "a record of perf script without its fields");

    private static ReadOnlySpan<char> Word(string text, int from)
    {
        ReadOnlySpan<char> rest = text.AsSpan(from);
        int end = rest.IndexOf(' ');
        return end < 0 ? rest : rest[..end];
    }

    private static string? Before(string text, string after, string before)
    {
        int end = text.LastIndexOf(before, StringComparison.Ordinal);
        return text.StartsWith(after, StringComparison.Ordinal) && end >= after.Length ? text[after.Length..end] : null;
    }
}
