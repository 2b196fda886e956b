using System.Globalization;
using System.Text;

namespace ChildProc.Testing;

/// <summary>What a check has found. Immutable.</summary>
public sealed class LeakReport
{
    internal LeakReport(IReadOnlyList<Leak> leaks, IReadOnlyList<IgnoredLeak> ignored, IReadOnlyList<string> notChecked)
    {
        Leaks = leaks;
        Ignored = ignored;
        NotChecked = notChecked;
    }

    /// <summary>What was left behind.</summary>
    public IReadOnlyList<Leak> Leaks { get; }

    /// <summary>What a rule ignores, with its reason.</summary>
    public IReadOnlyList<IgnoredLeak> Ignored { get; }

    /// <summary>What could not be looked at, and why: being clean says nothing about it.</summary>
    public IReadOnlyList<string> NotChecked { get; }

    /// <summary>Nothing of what was looked at leaks.</summary>
    public bool IsClean => Leaks.Count == 0;

    /// <summary>How many, then each leak with its age, its command line, who started it and what to do.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(IsClean ? "Nothing leaks." : string.Create(CultureInfo.InvariantCulture, $"{Leaks.Count} {(Leaks.Count == 1 ? "leak" : "leaks")}:"));
        foreach (Leak leak in Leaks)
        {
            text.Append("\n  ").Append(leak.ToString().ReplaceLineEndings("\n").Replace("\n", "\n  ", StringComparison.Ordinal));
        }

        foreach (IGrouping<string, IgnoredLeak> ignored in Ignored.GroupBy(static i => i.Because))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  ignored, {ignored.Key}: {ignored.First().Leak.What}");
            if (ignored.Count() is > 1 and int all)
            {
                text.Append(CultureInfo.InvariantCulture, $", and {all - 1} more");
            }
        }

        foreach (string limit in NotChecked)
        {
            text.Append("\n  not checked: ").Append(limit);
        }

        return text.ToString();
    }
}
