using System.Globalization;

namespace ChildProc.Tool.Strace;

/// <summary>A number as strace writes it, with what may follow: <c>3&lt;pipe:[81371]&gt;</c>, <c>-1 ENOENT (…)</c>, <c>?</c>.</summary>
internal readonly record struct StraceValue(long Number, string? Annotation, string? Error)
{
    /// <summary>False for <c>?</c> and everything else that is no number.</summary>
    internal bool IsKnown => Number != long.MinValue;

    internal int AsInt => Number is >= int.MinValue and <= int.MaxValue ? (int)Number : -1;

    internal static StraceValue Parse(ReadOnlySpan<char> text)
    {
        int end = 0;
        bool hex = text.StartsWith("0x");
        if (hex)
            end = 2;
        else if (text.StartsWith("-"))
            end = 1;
        int from = hex ? 2 : 0;
        while (end < text.Length && (hex ? char.IsAsciiHexDigit(text[end]) : char.IsAsciiDigit(text[end])))
            end++;
        if (!(hex ? long.TryParse(text[from..end], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long number)
                : long.TryParse(text[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)))
            return new(long.MinValue, null, null);
        string? annotation = null, error = null;
        if (end < text.Length && text[end] == '<')
        {
            int close = StraceText.Skip(text, end);
            if (close > end)
                annotation = text[(end + 1)..(close - 1)].ToString();
        }
        else if (number == -1 && end + 1 < text.Length && text[end] == ' ')
        {
            ReadOnlySpan<char> rest = text[(end + 1)..];
            int space = rest.IndexOf(' ');
            error = (space < 0 ? rest : rest[..space]).ToString();
        }

        return new(number, annotation, error);
    }

    /// <summary>The number behind <c>name=</c> in a structure.</summary>
    internal static int Field(string structure, string name)
    {
        for (int i = 0; (i = structure.IndexOf(name, i, StringComparison.Ordinal)) >= 0; i += name.Length)
        {
            if (i > 0 && structure[i - 1] is not (' ' or '{' or '['))
                continue;
            ReadOnlySpan<char> value = structure.AsSpan(i + name.Length).TrimStart('[');
            return Parse(value) is { IsKnown: true } parsed ? parsed.AsInt : 0;
        }

        return 0;
    }
}
