using System.Globalization;
using System.Text;

namespace ChildProc.Tool.Strace;

/// <summary>
/// The lexical grammar of strace: quotes first, for an argument may contain anything (<c>)= 3</c>, <c>&lt;unfinished ...&gt;</c>),
/// then annotations of descriptors (a path may contain <c>)</c>, <c>=</c> and spaces, but its angle brackets are escaped),
/// then brackets.
/// </summary>
internal static class StraceText
{
    internal const string Unfinished = "<unfinished ...>";

    /// <summary>The index behind the token at <paramref name="i"/>; -1 where a quote or an annotation has no end.</summary>
    internal static int Skip(ReadOnlySpan<char> text, int i)
    {
        switch (text[i])
        {
            case '"':
                return SkipQuoted(text, i + 1);
            case '/' when i + 1 < text.Length && text[i + 1] == '*':
                int end = text[(i + 2)..].IndexOf("*/");
                return end < 0 ? -1 : i + 2 + end + 2;
            case '<' when i > 0 && (char.IsAsciiDigit(text[i - 1]) || text[..i].EndsWith("AT_FDCWD")) && !IsShift(text, i):
                return SkipAnnotation(text, i + 1);
            default:
                return i + 1;
        }
    }

    /// <summary><c>1&lt;&lt;CAP_CHOWN</c> is no descriptor.</summary>
    private static bool IsShift(ReadOnlySpan<char> text, int i) => i + 1 < text.Length && text[i + 1] == '<';

    private static int SkipQuoted(ReadOnlySpan<char> text, int i)
    {
        while (i < text.Length)
        {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                return i + 1;
            i++;
        }

        return -1;
    }

    private static int SkipAnnotation(ReadOnlySpan<char> text, int i)
    {
        // The names of sockets have arrows and quotes of their own: TCP:[127.0.0.1:1->127.0.0.1:2], UNIX-STREAM:[1,"/a"].
        bool named = i < text.Length && char.IsAsciiLetterUpper(text[i]);
        int depth = 0, inner = 0;
        while (i < text.Length)
        {
            char c = text[i];
            if (c == '"' && named)
            {
                i = SkipQuoted(text, i + 1);
                if (i < 0)
                    return -1;
                continue;
            }

            if (named && c is '[')
                depth++;
            else if (named && c is ']')
                depth--;
            else if (c == '<')
                inner++; // 0</dev/null<char 1:3>>
            else if (c == '>' && depth <= 0)
            {
                if (inner == 0)
                    return i + 1;
                inner--;
            }

            i++;
        }

        return -1;
    }

    /// <summary>
    /// Where the arguments that begin at <paramref name="start"/> end: the index of the closing parenthesis. -1: they are
    /// malformed. -2: the line ends within them.
    /// </summary>
    internal static int EndOfArguments(ReadOnlySpan<char> text, int start)
    {
        int depth = 0;
        for (int i = start; i < text.Length;)
        {
            char c = text[i];
            if (c is '(' or '[' or '{')
                depth++;
            else if (c is ']' or '}')
                depth--;
            else if (c == ')' && depth-- == 0)
                return i;
            if (depth < 0)
                return -1;
            i = Skip(text, i);
            if (i < 0)
                return -1;
        }

        return -2;
    }

    /// <summary>The arguments, cut at their commas.</summary>
    internal static List<string> Split(string arguments)
    {
        List<string> parts = [];
        int depth = 0, from = 0;
        for (int i = 0; i >= 0 && i < arguments.Length; i = Skip(arguments, i))
        {
            char c = arguments[i];
            if (c is '(' or '[' or '{')
                depth++;
            else if (c is ')' or ']' or '}')
                depth--;
            else if (c == ',' && depth == 0)
            {
                parts.Add(arguments[from..i].Trim());
                from = i + 1;
            }
        }

        if (from < arguments.Length)
            parts.Add(arguments[from..].Trim());
        return parts;
    }

    /// <summary>The text of a quoted string, its escapes undone; what is no string comes as it is.</summary>
    internal static string Unquote(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '"')
            return text.ToString();
        StringBuilder plain = new(text.Length);
        int i = 1;
        while (i < text.Length && text[i] != '"')
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i++]);
                continue;
            }

            i += Escape(text[(i + 1)..], plain) + 1;
        }

        if (text[Math.Min(i + 1, text.Length)..].StartsWith("..."))
            plain.Append('…');
        return plain.ToString();
    }

    private static int Escape(ReadOnlySpan<char> rest, StringBuilder plain)
    {
        int digits = 0;
        while (digits < Math.Min(3, rest.Length) && rest[digits] is >= '0' and <= '7')
            digits++;
        if (digits > 0)
        {
            int value = 0;
            foreach (char digit in rest[..digits])
                value = value * 8 + (digit - '0');
            plain.Append((char)(value & 0xff));
            return digits;
        }

        if (rest[0] == 'x' && rest.Length >= 3 && byte.TryParse(rest[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte code))
        {
            plain.Append((char)code);
            return 3;
        }

        plain.Append(rest[0] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'f' => '\f', 'v' => '\v', char other => other });
        return 1;
    }
}
