using System.IO.Enumeration;

namespace ChildProc.Testing;

/// <summary>Which leaks to ignore; made by <see cref="Leak.Process"/>, <see cref="Leak.Descriptor"/> and <see cref="Leak.Undisposed"/>. Immutable.</summary>
public sealed class LeakFilter
{
    private readonly LeakKind[] _kinds;
    private readonly string? _name, _commandLine;

    internal LeakFilter(LeakKind[] kinds, string? name, string? commandLine)
    {
        _kinds = kinds;
        _name = name;
        _commandLine = commandLine;
    }

    internal bool Matches(Leak leak)
        => _kinds.Contains(leak.Kind) && Matches(_name, leak.Name) && Matches(_commandLine, leak.CommandLine ?? "");

    private static bool Matches(string? pattern, string text)
        => pattern is null || FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), text, ignoreCase: false);
}
