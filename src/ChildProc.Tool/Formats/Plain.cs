using System.Text;

namespace ChildProc.Tool.Formats;

/// <summary>Text of foreign programs, made harmless for a terminal: a command line may hold escape sequences.</summary>
internal static class Plain
{
    internal static string Text(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') || !text.Any(static c => NeedsEscape(c)))
            return text;
        StringBuilder plain = new(text.Length + 8);
        foreach (char c in text)
        {
            if (NeedsEscape(c))
                plain.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else
                plain.Append(c);
        }

        return plain.ToString();
    }

    // C0 and C1 controls, and the marks that turn the direction of text.
    private static bool NeedsEscape(char c) => char.IsControl(c) || c is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' or '\u2028' or '\u2029';

    internal static string Short(string text, int most = 120) => text.Length <= most ? text : string.Concat(text.AsSpan(0, most - 1), "…");
}
