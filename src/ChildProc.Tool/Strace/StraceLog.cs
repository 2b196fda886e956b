using System.Globalization;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Strace;

/// <summary>
/// Reads an strace log as a stream of whole records. Calls that were interrupted by another thread's line wait, one for
/// each thread, for the line that resumes them.
/// </summary>
internal sealed class StraceLog(Stream stream) : IDisposable
{
    private readonly BoundedLines _lines = new(stream);
    private readonly Dictionary<int, (string Text, long Time, long Line)> _pending = [];
    private readonly HashSet<int> _superseded = [];
    private long _last;
    private long _day;

    /// <summary>Whether the lines begin with thread ids, as those of <c>strace -f</c> do.</summary>
    internal bool HasIds { get; private set; }

    internal bool HasTimes { get; private set; }

    internal bool EndsWithinLine => _lines.EndsWithinLine;

    internal long Lines => _lines.Number;

    internal IEnumerable<StraceRecord> Read()
    {
        while (_lines.Next() is { } line)
        {
            if (_lines.EndsWithinLine)
                break; // half a line says nothing for sure
            if (Parse(line) is { } record)
                yield return record;
        }

        if (_lines.Dropped > 0)
            yield return Broken(0, $"{_lines.Dropped} lines of more than {BoundedLines.Longest} characters");
    }

    private StraceRecord? Parse(string line)
    {
        ReadOnlySpan<char> rest = line.AsSpan().TrimEnd('\r');
        if (rest.IsWhiteSpace() || rest.StartsWith("strace: ") || rest.StartsWith("strace-"))
            return rest.IsWhiteSpace() && _lines.Dropped == 0 ? null : Noise(rest);
        int tid = Id(ref rest);
        long? time = Time(ref rest);
        if (time is { } t)
        {
            HasTimes = true;
            _last = t;
        }

        if (rest.IsEmpty)
            return Broken(tid, "a line without a record");
        return rest[0] switch
        {
            '+' when rest.StartsWith("+++ ") => Ending(tid, rest),
            '-' when rest.StartsWith("--- ") => Signal(tid, rest),
            '<' when rest.StartsWith("<... ") => Resumed(tid, rest),
            _ => Call(tid, rest.ToString(), _last, _lines.Number),
        };
    }

    /// <summary>What strace says for itself; only what tells of a loss is of interest.</summary>
    private StraceRecord? Noise(ReadOnlySpan<char> line) =>
        line.Contains("detached", StringComparison.Ordinal) || line.Contains("ptrace", StringComparison.Ordinal) ? Broken(0, line.ToString()) : null;

    private int Id(ref ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<char> from = rest;
        if (from.StartsWith("[pid"))
            from = from[4..].TrimStart();
        int digits = Digits(from);
        if (digits == 0 || digits == from.Length || from[digits] is not (' ' or ']')
            || !int.TryParse(from[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int tid))
            return 0;
        HasIds = true;
        rest = from[(digits + 1)..].TrimStart();
        return tid;
    }

    /// <summary>Seconds since 1970, or the time of day; nothing where there is neither.</summary>
    private long? Time(ref ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOf(' ');
        if (end <= 0 || !char.IsAsciiDigit(rest[0]))
            return null;
        ReadOnlySpan<char> word = rest[..end];
        int dot = word.IndexOf('.');
        ReadOnlySpan<char> whole = dot < 0 ? word : word[..dot];
        if (!Fraction(dot < 0 ? "" : word[(dot + 1)..], out long fraction))
            return null;
        long seconds;
        if (whole.Length == 8 && whole[2] == ':' && TimeOnly.TryParseExact(whole, "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly clock))
            seconds = clock.Ticks / TimeSpan.TicksPerSecond;
        else if (dot < 0 || whole.Length > 10 || !long.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out seconds))
            return null;
        rest = rest[(end + 1)..].TrimStart();
        long time = seconds * 1_000_000_000 + fraction;
        // The time of day begins again at midnight.
        const long HalfDay = 43_200_000_000_000;
        if (whole.Length == 8 && whole[2] == ':' && time + _day < _last - HalfDay)
            _day += 2 * HalfDay;
        return time + _day;
    }

    private static bool Fraction(ReadOnlySpan<char> digits, out long nanoseconds)
    {
        nanoseconds = 0;
        if (digits.Length > 9 || Digits(digits) != digits.Length)
            return false;
        for (int i = 0; i < 9; i++)
            nanoseconds = nanoseconds * 10 + (i < digits.Length ? digits[i] - '0' : 0);
        return true;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        int n = text.IndexOfAnyExceptInRange('0', '9');
        return n < 0 ? text.Length : n;
    }

    private StraceRecord Resumed(int tid, ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOf(" resumed>");
        if (end < 5)
            return Broken(tid, "a resumed call without a name");
        ReadOnlySpan<char> name = rest[5..end];
        if (!_pending.Remove(tid, out (string Text, long Time, long Line) begun))
            return Broken(tid, $"{name} is resumed, but its beginning is not in the log");
        if (!begun.Text.StartsWith(string.Concat(name, "("), StringComparison.Ordinal))
            return Broken(tid, $"{name} is resumed, but another call was begun");
        return Call(tid, string.Concat(begun.Text, rest[(end + " resumed>".Length)..]), begun.Time, begun.Line, wasPending: true)
            ?? Broken(tid, $"{name} is resumed twice");
    }

    private StraceRecord? Call(int tid, string text, long time, long line, bool wasPending = false)
    {
        int open = text.IndexOf('(');
        if (open <= 0 || text.AsSpan(0, open).IndexOfAnyExcept(s_nameCharacters) >= 0)
            return Broken(tid, "no record of strace");
        int end = StraceText.EndOfArguments(text, open + 1);
        if (end == -1)
            return Broken(tid, "the arguments have no end");
        if (end == -2)
            return wasPending ? null : Begin(tid, text, time);
        ReadOnlySpan<char> result = text.AsSpan(end + 1).TrimStart();
        // strace 6.1 reads a wrong result here, such as -1 (errno 18446744073709551359); but the execve has superseded a thread.
        if (wasPending && text.StartsWith("execve", StringComparison.Ordinal) && _superseded.Remove(tid))
            result = "= 0";
        if (!result.StartsWith("= "))
            return Broken(tid, "no result");
        result = result[2..].TrimStart();
        long duration = 0;
        int last = result.LastIndexOf(" <");
        if (last >= 0 && result[^1] == '>' && Duration(result[(last + 2)..^1], out duration))
            result = result[..last];
        if (!wasPending && _pending.Remove(tid, out (string Text, long Time, long Line) lost))
            return Broken(tid, $"{lost.Text.AsSpan(0, lost.Text.IndexOf('('))} of line {lost.Line} is never resumed");
        return new StraceRecord
        {
            Kind = StraceKind.Call, Tid = tid, Time = time, Duration = duration, Line = line,
            Name = text[..open], Arguments = text[(open + 1)..end], Result = result.TrimEnd().ToString(),
        };
    }

    private StraceRecord? Begin(int tid, string text, long time)
    {
        string trimmed = text.TrimEnd();
        const string Changed = "<pid changed to ";
        int owner = tid;
        int cut;
        if (trimmed.EndsWith(StraceText.Unfinished, StringComparison.Ordinal))
            cut = trimmed.Length - StraceText.Unfinished.Length;
        else if (trimmed.EndsWith(" ...>", StringComparison.Ordinal) && (cut = trimmed.LastIndexOf(Changed, StringComparison.Ordinal)) > 0
            && int.TryParse(trimmed.AsSpan(cut + Changed.Length, trimmed.Length - cut - Changed.Length - 5), NumberStyles.None, CultureInfo.InvariantCulture, out owner))
            _pending.Remove(owner); // the first thread's own call, which nobody resumes
        else
            return Broken(tid, trimmed.EndsWith("<detached ...>", StringComparison.Ordinal) ? "strace let go of the process" : "the line is cut");

        bool replaced = _pending.Remove(owner, out (string Text, long Time, long Line) lost);
        _pending[owner] = (trimmed[..cut].TrimEnd(' '), time, _lines.Number);
        return replaced ? Broken(tid, $"{lost.Text.AsSpan(0, lost.Text.IndexOf('('))} of line {lost.Line} is never resumed") : null;
    }

    private static bool Duration(ReadOnlySpan<char> text, out long nanoseconds)
    {
        nanoseconds = 0;
        int dot = text.IndexOf('.');
        if (dot <= 0 || !long.TryParse(text[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || seconds > int.MaxValue
            || !Fraction(text[(dot + 1)..], out long fraction))
            return false;
        nanoseconds = seconds * 1_000_000_000 + fraction;
        return true;
    }

    private StraceRecord? Ending(int tid, ReadOnlySpan<char> rest)
    {
        const string Exited = "+++ exited with ", Killed = "+++ killed by ", Superseded = "+++ superseded by execve in pid ";
        if (!rest.EndsWith(" +++"))
            return Broken(tid, "an ending that is cut");
        ReadOnlySpan<char> body = rest[..^4];
        if (body.StartsWith(Exited) && int.TryParse(body[Exited.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int code))
            return Ended(StraceKind.Exited, code);
        if (body.StartsWith(Killed))
        {
            ReadOnlySpan<char> name = body[Killed.Length..];
            int space = name.IndexOf(' ');
            int number = SignalNames.Number(space < 0 ? name : name[..space]);
            return number == 0 ? Broken(tid, "killed by an unknown signal") : Ended(StraceKind.Killed, number);
        }

        // The execve of the other thread waits under this id now, to be resumed.
        if (body.StartsWith(Superseded) && int.TryParse(body[Superseded.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int other))
        {
            _superseded.Add(tid);
            // The execve may have been interrupted by another line before its id was known to change.
            if (_pending.TryGetValue(other, out (string Text, long Time, long Line) begun) && begun.Text.StartsWith("execve", StringComparison.Ordinal))
            {
                _pending.Remove(other);
                _pending[tid] = begun;
            }

            return new StraceRecord { Kind = StraceKind.Superseded, Tid = tid, Time = _last, Line = _lines.Number, Number = other };
        }

        return Broken(tid, "an ending of an unknown kind");

        // A call in which the thread died is resumed by nobody.
        StraceRecord Ended(StraceKind kind, int number)
        {
            _pending.Remove(tid);
            return new() { Kind = kind, Tid = tid, Time = _last, Line = _lines.Number, Number = number };
        }
    }

    private StraceRecord? Signal(int tid, ReadOnlySpan<char> rest)
    {
        if (!rest.EndsWith(" ---"))
            return Broken(tid, "a signal that is cut");
        ReadOnlySpan<char> body = rest[4..^4];
        if (body.StartsWith("stopped by "))
            return null;
        int space = body.IndexOf(' ');
        return new StraceRecord
        {
            Kind = StraceKind.Signal, Tid = tid, Time = _last, Line = _lines.Number,
            Name = (space < 0 ? body : body[..space]).ToString(), Arguments = space < 0 ? "" : body[(space + 1)..].ToString(),
        };
    }

    private StraceRecord Broken(int tid, string why) => new() { Kind = StraceKind.Broken, Tid = tid, Time = _last, Line = _lines.Number, Arguments = why };

    private static readonly System.Buffers.SearchValues<char> s_nameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_?");

    public void Dispose() => _lines.Dispose();
}
