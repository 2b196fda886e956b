using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ChildProc.Diagnostics;

namespace ChildProc;

/// <summary>A process tree could not be kept together or could not be brought to its end.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "It is nothing without a fault.")]
public sealed class ChildProcessTreeException : ChildProcessException
{
    private const int MaxNamed = 5;

    /// <summary>Makes an exception of a fault and the processes that remain.</summary>
    /// <param name="fault">What went wrong.</param>
    /// <param name="remaining">The processes that remain, each as "pid state command"; copied; default none.</param>
    /// <param name="innerException">The cause, if any.</param>
    public ChildProcessTreeException(
        TreeFault fault, IReadOnlyList<string>? remaining = null, Exception? innerException = null)
        : base(Describe(fault, remaining ?? []), innerException)
    {
        Fault = fault;
        Remaining = remaining is null or { Count: 0 }
            ? ReadOnlyCollection<string>.Empty
            : Array.AsReadOnly<string>([.. remaining]);
    }

    /// <summary>What went wrong.</summary>
    public TreeFault Fault { get; }

    /// <summary>
    /// The processes that remain, as far as they could be seen, each as "pid state command"; state "D" is a process that
    /// waits in the kernel and cannot die yet. See proc_pid_stat(5).
    /// </summary>
    public IReadOnlyList<string> Remaining { get; }

    private static string Describe(TreeFault fault, IReadOnlyList<string> remaining)
    {
        string what = fault == TreeFault.ContainmentLost
            ? "The containment of a process tree was lost"
            : "A process tree is not empty though it was killed";
        if (remaining.Count == 0)
        {
            return what + ".";
        }

        string named = string.Join(", ", Head(remaining));
        string more = remaining.Count > MaxNamed ? ", …" : "";
        string noun = remaining.Count == 1 ? "process remains" : "processes remain";
        return string.Create(CultureInfo.InvariantCulture, $"{what}; {remaining.Count} {noun}: {named}{more}.");
    }

    private static string[] Head(IReadOnlyList<string> remaining)
    {
        string[] head = new string[Math.Min(remaining.Count, MaxNamed)];
        for (int i = 0; i < head.Length; i++)
        {
            // A process names itself (prctl(2), PR_SET_NAME), with terminal escapes if it likes.
            head[i] = Quote.Plain(remaining[i]);
        }

        return head;
    }
}
