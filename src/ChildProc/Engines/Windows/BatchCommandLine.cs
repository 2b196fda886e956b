using System.Globalization;
using System.Runtime.Versioning;
using System.Text;

namespace ChildProc.Engines.Windows;

/// <summary>
/// The command line of a batch file, which cmd.exe takes apart by rules of its own: what it could take for a command is refused
/// (CVE-2024-24576, CVE-2024-43402).
/// </summary>
/// <remarks>
/// <para>
/// CreateProcess would run cmd.exe by itself and hand over what stands there. Here it is named in full, with AutoRun off (/d), no
/// expansion of exclamation marks (/v:off), and its rule for outer quotation marks fixed (/s), so that none of that depends on the registry.
/// </para>
/// <para>
/// Within quotation marks cmd.exe takes everything as it stands but for a quotation mark, a per cent sign (variables are expanded
/// there, too, and nothing escapes that on a command line) and an end of line. A backslash at the end of a quoted argument means
/// one thing to cmd.exe and another to the program that the batch file passes it on to. Arguments with these are refused.
/// </para>
/// </remarks>
[SupportedOSPlatform("windows")]
internal static class BatchCommandLine
{
    /// <summary>The interpreter, whatever COMSPEC says.</summary>
    internal static string Interpreter { get; } = Path.Join(System.Environment.SystemDirectory, "cmd.exe");

    /// <summary>CreateProcess would hand this file to cmd.exe. It ignores dots and spaces at the end of a name.</summary>
    internal static bool Is(string path)
    {
        ReadOnlySpan<char> name = path.AsSpan().TrimEnd(" .");
        return name.EndsWith(".bat", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".cmd", StringComparison.OrdinalIgnoreCase);
    }

    /// <exception cref="ArgumentException">An argument, named by its number, or the path cannot be passed safely.</exception>
    internal static string Build(string path, ReadOnlySpan<string> arguments)
    {
        if (path.AsSpan().IndexOfAny("\"%\r\n") >= 0)
        {
            Refuse(nameof(ChildProcessStartInfo.FileName), "The path of a batch file contains a per cent sign, which cmd.exe would expand.");
        }

        StringBuilder line = new();
        line.Append('"').Append(Interpreter).Append("\" /d /e:on /v:off /s /c \"\"").Append(path).Append('"');
        for (int i = 0; i < arguments.Length; i++)
        {
            if (Fault(arguments[i]) is { } fault)
            {
                Refuse(nameof(ChildProcessStartInfo.Arguments), $"Argument {i.ToString(CultureInfo.InvariantCulture)} for a batch file contains {fault}.");
            }

            line.Append(' ');
            _ = IsPlain(arguments[i]) ? line.Append(arguments[i]) : line.Append('"').Append(arguments[i]).Append('"');
        }

        return line.Append('"').ToString();
    }

    private static void Refuse(string property, string message) => throw new ArgumentException(message, property);

    private static string? Fault(string argument)
    {
        int bad = argument.AsSpan().IndexOfAny("\"%\r\n");
        return bad < 0
            ? argument.EndsWith('\\') && !IsPlain(argument) ? "a backslash at its end and something that has to be quoted" : null
            : argument[bad] switch
            {
                '"' => "a quotation mark, which cmd.exe cannot take as text",
                '%' => "a per cent sign, which cmd.exe would expand",
                _ => "an end of line, at which cmd.exe would stop",
            };
    }

    // What separates arguments or means something to cmd.exe, or might, is not in here.
    private static bool IsPlain(string argument)
    {
        foreach (char c in argument)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !@"#$*+-./:?@\_".Contains(c))
            {
                return false;
            }
        }

        return argument.Length > 0;
    }
}
