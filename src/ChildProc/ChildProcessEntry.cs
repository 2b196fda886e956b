using System.Globalization;
using ChildProc.Engines;

namespace ChildProc;

/// <summary>What the ledger knows about one child, at the moment of the question. Immutable.</summary>
public sealed class ChildProcessEntry
{
    private readonly ProcessTree _tree;
    private readonly int _version;

    internal ChildProcessEntry(ProcessTree tree) => (_tree, _version) = (tree, tree.Version);

    /// <summary>The process id of the child; once it has exited the system may give it to another.</summary>
    public int Id { get; internal init; }

    /// <summary>The program, as the start info named it; empty for a child that was never handed to a caller.</summary>
    public string FileName { get; internal init; } = "";

    /// <summary>Its arguments. They may hold secrets: mind where they are written to.</summary>
    public IReadOnlyList<string> Arguments { get; internal init; } = [];

    /// <summary>When it was started, by the clock of the host.</summary>
    public DateTimeOffset StartTime { get; internal init; }

    /// <summary>What holds its tree together.</summary>
    public Containment Containment { get; internal init; }

    /// <summary>Whether the child itself had exited.</summary>
    public bool HasExited { get; internal init; }

    /// <summary>Whether no process of its tree was left, as far as can be told.</summary>
    public bool IsTreeEmpty { get; internal init; }

    /// <summary>
    /// Whether somebody may still dispose it: it was neither disposed nor finalized. A tree without an owner is one that is
    /// being started, or one that is being killed because its owner forgot it.
    /// </summary>
    public bool HasOwner { get; internal init; }

    /// <summary>The streams that the host held open for it.</summary>
    public StandardStreams OpenStreams { get; internal init; }

    /// <summary>Unix: the descriptors that the host held open for it, its streams' among them; else empty.</summary>
    public IReadOnlyList<int> Descriptors { get; internal init; } = [];

    /// <summary>Who started it; null unless <see cref="ChildProcessDiagnostics.TrackStacks"/> was on.</summary>
    public string? StartStack { get; internal init; }

    /// <summary>The <see cref="ChildProcessDiagnostics.StartTag"/> of the flow that started it; null for none.</summary>
    public object? StartTag { get; internal init; }

    /// <summary>The processes of its tree as of now, the child itself among them, parents before children.</summary>
    /// <returns>The ids; empty when the tree is gone, or where nobody can tell.</returns>
    public IReadOnlyList<int> GetProcessIds()
    {
        if (!_tree.TryPin(_version))
        {
            return [];
        }

        List<int> members = _tree.Members();
        _tree.Unpin();
        return members;
    }

    /// <summary>One line: pid, command, state, age and open streams. It shows the arguments.</summary>
    /// <returns>The line.</returns>
    public override string ToString()
    {
        string state = !HasExited ? "running" : IsTreeEmpty ? "exited" : "exited, descendants live";
        string age = (DateTimeOffset.UtcNow - StartTime).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        string streams = OpenStreams == StandardStreams.None ? "" : $", open: {OpenStreams}";
        return $"{Id} {string.Join(' ', [FileName, .. Arguments])} ({state}, started {age} s ago{streams})";
    }
}
