using System.Globalization;
using System.Text.RegularExpressions;

namespace ChildProc.Tool.Audit;

/// <summary>A place in somebody's source.</summary>
/// <param name="File">As the compiler wrote it.</param>
/// <param name="Line">From 1.</param>
internal sealed partial record SourceLine(string File, int Line)
{
    /// <summary>The first place that a stack of .NET names, or null.</summary>
    internal static SourceLine? First(string stack)
    {
        foreach (string frame in stack.Split('\n'))
        {
            if (Frame().Match(frame.TrimEnd('\r')) is { Success: true } match && int.TryParse(match.Groups["line"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int line))
                return new(match.Groups["file"].Value, line);
        }

        return null;
    }

    /// <summary>Below the directory where the tool runs, or as it is.</summary>
    internal string RelativeFile()
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, File);
        return Path.IsPathRooted(relative) || relative.StartsWith("..", StringComparison.Ordinal) ? File : relative;
    }

    // The library's own source, where its symbols are at hand, is not who started a child.
    [GeneratedRegex(@"^\s+at (?!ChildProc\.\w+[.(])\S.* in (?<file>.+):line (?<line>\d{1,7})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Frame();
}
