using System.Globalization;
using System.Text;

namespace ChildProc.Interop;

/// <summary>The line of /proc/PID/stat, as far as it is needed: proc_pid_stat(5).</summary>
/// <param name="Pid">The process, which another may be by now.</param>
/// <param name="Name">Its command name, at most 15 bytes.</param>
/// <param name="State">As ps shows it.</param>
/// <param name="Parent">Its parent.</param>
/// <param name="Group">Its process group.</param>
/// <param name="Session">Its session.</param>
/// <param name="Terminal">The device number of its controlling terminal, or zero.</param>
/// <param name="Started">When it began, in hundredths of a second after the system's start: with the number, its identity.</param>
/// <param name="IsDead">A zombie, with no thread left.</param>
internal readonly record struct ProcStat(int Pid, string Name, char State, int Parent, int Group, int Session, int Terminal, long Started, bool IsDead)
{
    // The numbers of the fields.
    internal const int StateField = 3, ParentField = 4, GroupField = 5, SessionField = 6, TerminalField = 7, ThreadsField = 20, StartedField = 22;

    internal static ProcStat? Read(int pid) => Parse(ProcFile.Bytes(pid, "stat"));

    /// <summary>Null for a line that is cut.</summary>
    internal static ProcStat? Parse(ReadOnlySpan<byte> line)
    {
        Span<long> fields = stackalloc long[StartedField + 1];
        int open = line.IndexOf((byte)'(');
        if (open < 0 || !TryParse(line, fields))
        {
            return null;
        }

        _ = int.TryParse(line[..open].Trim((byte)' '), NumberStyles.None, CultureInfo.InvariantCulture, out int pid);
        return new ProcStat(
            pid,
            Encoding.UTF8.GetString(line[(open + 1)..line.LastIndexOf((byte)')')]),
            (char)fields[StateField],
            (int)fields[ParentField],
            (int)fields[GroupField],
            (int)fields[SessionField],
            (int)fields[TerminalField],
            fields[StartedField],
            AreOfDead(fields));
    }

    /// <summary>
    /// The fields up to the last that there is room for, by their numbers; the third, a letter, by its code. False for a line
    /// that is cut.
    /// </summary>
    internal static bool TryParse(ReadOnlySpan<byte> line, Span<long> fields)
    {
        // The command stands in parentheses and may hold anything; the state follows the last one.
        int close = line.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= line.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = line[(close + 2)..];
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

    /// <summary>A zombie with threads is a process whose first thread has ended.</summary>
    internal static bool AreOfDead(ReadOnlySpan<long> fields)
        => fields[StateField] == 'X' || (fields[StateField] == 'Z' && fields[ThreadsField] <= 1);
}
