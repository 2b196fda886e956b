using System.Globalization;
using System.Text;

namespace ChildProc.Testing;

/// <summary>One thing that was left behind. Immutable.</summary>
public sealed class Leak
{
    internal Leak(LeakKind kind, string name, string what)
    {
        Kind = kind;
        Name = name;
        What = what;
    }

    /// <summary>What kind of thing it is.</summary>
    public LeakKind Kind { get; }

    /// <summary>The identifier of the rule: CPL001 process, CPL002 zombie, CPL003 descriptor, CPL007 undisposed, CPL010 thread.</summary>
    public string Rule => Kind switch
    {
        LeakKind.Zombie => "CPL002",
        LeakKind.Descriptor => "CPL003",
        LeakKind.Undisposed => "CPL007",
        LeakKind.Thread => "CPL010",
        _ => "CPL001",
    };

    /// <summary>What rules to ignore it go by: the command name of a process, the target of a descriptor, a file or thread name.</summary>
    public string Name { get; }

    /// <summary>One line: what it is, with its pid or number, state and command line. It shows arguments.</summary>
    public string What { get; }

    /// <summary>The command line of a process; null for other things.</summary>
    public string? CommandLine { get; internal init; }

    /// <summary>How old it is; null where nobody can tell more than that it came after the beginning of the check.</summary>
    public TimeSpan? Age { get; internal init; }

    /// <summary>Who started it, where the ledger knows; else null.</summary>
    public string? StartStack { get; internal init; }

    /// <summary>What to do about it, in one line.</summary>
    public string Remedy => Kind switch
    {
        LeakKind.Child => "Wait for the process and kill it at the end; or start it with ChildProc and dispose it.",
        LeakKind.Zombie => "Wait for the process: it has ended, and only that removes it.",
        LeakKind.Orphan => "Dispose the child without Leftovers.Release; or ignore what is meant to stay, with the reason.",
        LeakKind.Descriptor => "Dispose what opened it; or ignore what is opened once for good, with the reason.",
        LeakKind.Undisposed => "Dispose the IChildProcess: await using.",
        _ => "Report it: the library keeps a reactor and a sweeper, no other thread.",
    };

    /// <summary>Time cannot mend it: no need to look again.</summary>
    internal bool IsFinal { get; init; }

    /// <summary>Matches processes: children, zombies and orphans. Case counts; <c>*</c> stands for any text.</summary>
    /// <param name="comm">The command name, of which the system keeps 15 characters; null for any.</param>
    /// <param name="commandLine">The command line with blanks between the words; null for any.</param>
    /// <returns>A filter for <see cref="LeakCheckOptions.Ignore"/>.</returns>
    /// <exception cref="ArgumentException">Both are null.</exception>
    public static LeakFilter Process(string? comm = null, string? commandLine = null)
    {
        if (comm is null && commandLine is null)
        {
            throw new ArgumentException("Every process would match: give a command name or a command line.", nameof(comm));
        }

        const int Kept = 15;
        return new LeakFilter([LeakKind.Child, LeakKind.Zombie, LeakKind.Orphan], comm is { Length: > Kept } ? comm[..Kept] : comm, commandLine);
    }

    /// <summary>Matches descriptors by what they point at, such as <c>/var/log/*</c> or <c>socket:*</c>.</summary>
    /// <param name="target">The target. Case counts; <c>*</c> stands for any text.</param>
    /// <returns>A filter for <see cref="LeakCheckOptions.Ignore"/>.</returns>
    public static LeakFilter Descriptor(string target)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        return new LeakFilter([LeakKind.Descriptor], target, commandLine: null);
    }

    /// <summary>Matches undisposed children by the program of their start info.</summary>
    /// <param name="fileName">The program, as the start info names it. Case counts; <c>*</c> stands for any text.</param>
    /// <returns>A filter for <see cref="LeakCheckOptions.Ignore"/>.</returns>
    public static LeakFilter Undisposed(string fileName)
    {
        ArgumentException.ThrowIfNullOrEmpty(fileName);
        return new LeakFilter([LeakKind.Undisposed], fileName, commandLine: null);
    }

    /// <summary>Several lines: the rule, what it is, its age, who started it, what to do.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Rule} {Kind}: {What}");
        if (Age is { } age)
        {
            text.Append(CultureInfo.InvariantCulture, $", {age.TotalSeconds:0.0} s old");
        }

        if (StartStack is not null)
        {
            text.Append("\n    started\n").Append(StartStack.TrimEnd());
        }

        return text.Append("\n    ").Append(Remedy).ToString();
    }
}
