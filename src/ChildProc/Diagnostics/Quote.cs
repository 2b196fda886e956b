using System.Text;

namespace ChildProc.Diagnostics;

/// <summary>Puts names from outside into messages.</summary>
internal static class Quote
{
    /// <summary>The name in single quotes, control characters as '?': a file name may not forge a line of a log.</summary>
    public static string Name(string name)
    {
        var text = new StringBuilder(name.Length + 2).Append('\'');
        foreach (char c in name)
        {
            text.Append(char.IsControl(c) ? '?' : c);
        }

        return text.Append('\'').ToString();
    }
}
