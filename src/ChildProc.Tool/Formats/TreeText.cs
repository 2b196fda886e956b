using ChildProc.Tool.Audit;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Formats;

internal sealed record TreeOptions
{
    internal bool Ascii { get; init; }

    internal int Most { get; init; } = int.MaxValue;

    /// <summary>The tree as it was then; nothing: with all that ever lived.</summary>
    internal long? At { get; init; }

    /// <summary>What else is to be said of a process: its descriptors.</summary>
    internal Func<ProcessLife, IEnumerable<string>>? Details { get; init; }
}

/// <summary>Processes as a tree, each with its fate.</summary>
internal static class TreeText
{
    /// <summary>Deeper trees are drawn flat from there on: a line has an end.</summary>
    private const int Deepest = 40;

    internal static void Write(TextWriter writer, Report report, TreeOptions options)
    {
        List<ProcessLife> shown = [.. report.Story.Lives.Where(l => !l.IsHelper && (options.At is not { } at || IsThere(l, at)))];
        HashSet<ProcessLife> set = [.. shown];
        ILookup<ProcessLife?, ProcessLife> children = shown.OrderBy(static l => l.Id.FirstSeen).ToLookup(l => Ancestor(l, set));
        HashSet<ProcessLife> marked = [.. report.Findings.Where(static f => f.Severity == Severity.Error && f.Allowed is null).Select(static f => f.Process).OfType<ProcessLife>()];
        int left = options.Most;
        Stack<(ProcessLife Life, string Indent, bool Last, int Depth)> todo = new();
        Push(null, "", 0);
        while (todo.TryPop(out (ProcessLife Life, string Indent, bool Last, int Depth) node))
        {
            if (left-- == 0)
            {
                writer.WriteLine($"  … and {shown.Count - options.Most} more processes");
                return;
            }

            ProcessLife life = node.Life;
            (string branch, string line, string gap) = options.Ascii ? (node.Last ? "`- " : "|- ", "|  ", "   ") : (node.Last ? "└─ " : "├─ ", "│  ", "   ");
            writer.WriteLine($"  {node.Indent}{(node.Depth == 0 ? "" : branch)}{life.Pid} {Plain.Text(Plain.Short(life.Title))}  [{Fate(life, report, options.At)}]{(marked.Contains(life) ? "  <== leak" : "")}");
            string indent = node.Depth is 0 or > Deepest ? node.Indent : node.Indent + (node.Last ? gap : line);
            foreach (string detail in options.Details?.Invoke(life) ?? [])
                writer.WriteLine($"  {indent}   {Plain.Text(detail)}");
            Push(life, indent, node.Depth + 1);
        }

        void Push(ProcessLife? parent, string indent, int depth)
        {
            ProcessLife[] all = [.. children[parent]];
            for (int i = all.Length - 1; i >= 0; i--)
                todo.Push((all[i], indent, i == all.Length - 1, depth));
        }
    }

    private static bool IsThere(ProcessLife life, long at) => life.Id.FirstSeen <= at && ((life.Reaped ?? (life.AutoReap || life.ReapedByTool ? life.Exited : life.GoneBy)) is not { } gone || gone > at);

    private static ProcessLife? Ancestor(ProcessLife life, HashSet<ProcessLife> shown)
    {
        ProcessLife? parent = life.Parent;
        while (parent is not null && !shown.Contains(parent))
            parent = parent.Parent;
        return parent;
    }

    internal static string Fate(ProcessLife life, Report report, long? at = null)
    {
        long start = report.Start;
        string from = $"+{Durations.Text(life.Id.FirstSeen - start)}";
        if (at is { } now)
            return $"{from}, {(life.Exited <= now ? "zombie" : "running")}";
        string how = life.Survived ? life.KilledByTool ? "left behind, then killed" : "left behind" : life.Outcome;
        string end = life.Survived ? ""
            : life.Exited is { } exit ? $", lived {Durations.Text(exit - life.Id.FirstSeen)}"
            : life.GoneBy is { } gone ? $", lived less than {Durations.Text(gone - life.Id.FirstSeen)}" : "";
        string reap = life == report.Story.Root || life.Exited is null || life.Survived ? "" : life.Reaped is { } reaped ? $", reaped {Durations.Text(Math.Max(0, reaped - life.Exited.Value))} later"
            : life.IsReapedUnseen ? ", reaped unseen" : life.AdoptedAsZombie ? ", never reaped" : life.ReapedByTool || life.AutoReap ? "" : report.Story.Sums.CountsReaps ? ", never reaped" : "";
        return $"{from}{end}, {how}{reap}";
    }
}
