using System.Text;

namespace ChildProc.Diagnostics;

/// <summary>Puts names from outside into messages.</summary>
internal static class Quote
{
    /// <summary>The name in single quotes, control characters as '?': a file name may not forge a line of a log.</summary>
    public static string Name(string name) => Append(new StringBuilder(name.Length + 2).Append('\''), name).Append('\'').ToString();

    /// <summary>The text without quotes, control characters as '?'.</summary>
    public static string Plain(string text) => Append(new StringBuilder(text.Length), text).ToString();

    private static StringBuilder Append(StringBuilder to, string text)
    {
        foreach (char c in text)
        {
            to.Append(char.IsControl(c) ? '?' : c);
        }

        return to;
    }
}
