using System.Text;

namespace ChildProc.Engines.Windows;

/// <summary>Arguments as the one string that Windows passes, in the form that every C runtime and CommandLineToArgvW take apart again.</summary>
/// <remarks>
/// See "Parsing C command-line arguments" in the Microsoft C documentation: backslashes count only in front of a quotation mark. The
/// program name is parsed by other rules: up to its closing quotation mark, backslashes as they stand.
/// </remarks>
internal static class CommandLine
{
    /// <summary>The longest one, with its end, that CreateProcess takes.</summary>
    internal const int MaxLength = 32767;

    internal static string Build(string program, ReadOnlySpan<string> arguments)
    {
        StringBuilder line = new();
        line.Append('"').Append(program).Append('"');
        foreach (string argument in arguments)
        {
            Append(line.Append(' '), argument);
        }

        return line.ToString();
    }

    private static void Append(StringBuilder line, string argument)
    {
        if (argument.Length > 0 && argument.AsSpan().IndexOfAny(" \t\n\v\"") < 0)
        {
            line.Append(argument);
            return;
        }

        line.Append('"');
        int backslashes = 0;
        foreach (char c in argument)
        {
            if (c == '\\')
            {
                backslashes++;
            }
            else
            {
                line.Append('\\', c == '"' ? (2 * backslashes) + 1 : backslashes).Append(c);
                backslashes = 0;
            }
        }

        line.Append('\\', 2 * backslashes).Append('"');
    }
}
