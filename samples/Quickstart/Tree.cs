using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Quickstart;

/// <summary>What became of a tree.</summary>
internal sealed record Outcome(int Survivors, TimeSpan Took)
{
    public override string ToString() => Survivors == 0
        ? string.Create(CultureInfo.InvariantCulture, $"0, after {Took.TotalMilliseconds:F0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{Survivors} survive ({Took.TotalMilliseconds:F0} ms)");
}

/// <summary>A tree as build tools and servers make them, marked in its environment so that no member can hide.</summary>
internal sealed class Tree
{
    internal const string Variable = "QUICKSTART_TREE";

    // The daemon is forked twice and leads a session of its own: neither its parent nor its group leads to it.
    internal const string Script = """
        sleep 300 &
        sleep 300 &
        (trap '' TERM; sleep 300; sleep 300) &
        (setsid sh -c 'sleep 300 & exit' &)
        echo ready
        wait
        """;

    private readonly byte[] _mark;

    internal Tree(string? id = null)
    {
        Id = id ?? Guid.NewGuid().ToString("N");
        _mark = Encoding.ASCII.GetBytes($"{Variable}={Id}");
    }

    internal string Id { get; }

    /// <summary>All live processes with the mark; zombies whose parent never reaps them count, too.</summary>
    internal List<Member> Find(IReadOnlyCollection<int>? alsoIfDead = null)
    {
        List<Member> found = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            string name = Path.GetFileName(directory);
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                continue;
            }

            try
            {
                Member member = Member.Read(pid, File.ReadAllText($"{directory}/stat"));
                bool marked = !member.IsZombie && File.ReadAllBytes($"{directory}/environ").AsSpan().IndexOf(_mark) >= 0;
                bool unburied = member.IsZombie && member.Parent != 1; // init buries in its own time
                if (marked || (unburied && alsoIfDead?.Contains(pid) == true))
                {
                    found.Add(member);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // it just ended
            }
        }

        return found;
    }

    internal int[] Pids() => [.. Find().Select(static member => member.Pid)];

    /// <summary>Children below their parents. A daemon has left its parents: it hangs where the shell hangs, on their keeper.</summary>
    internal static void Draw(IReadOnlyList<Member> members)
    {
        int[] pids = [.. members.Select(static m => m.Pid)];
        foreach (Member member in members.Where(m => !pids.Contains(m.Parent)))
        {
            Draw(member, "  ");
        }

        void Draw(Member member, string indent)
        {
            Console.WriteLine($"{indent}{member}");
            foreach (Member child in members.Where(m => m.Parent == member.Pid))
            {
                Draw(child, indent + "  ");
            }
        }
    }

    /// <summary>Looks until the tree has grown; the shell says "ready" before its children have all begun.</summary>
    internal List<Member> WaitUntilGrown()
    {
        long deadline = Environment.TickCount64 + 10_000;
        List<Member> members;
        do
        {
            members = Find();
        }
        while (members.Count(static m => m.Command == "sleep") < 4 && Environment.TickCount64 < deadline);
        return members;
    }

    /// <summary>Looks until nothing is left, or for as long as it is worth.</summary>
    internal Outcome WaitUntilGone(IReadOnlyCollection<int> members, long began, TimeSpan patience)
    {
        while (true)
        {
            int left = Find(members).Count;
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            if (left == 0 || took > patience)
            {
                return new Outcome(left, took);
            }
        }
    }

    /// <summary>Ends what another library left behind: only processes with this mark, by pid.</summary>
    internal void CleanUp()
    {
        foreach (int pid in Pids())
        {
            try
            {
                using Process process = Process.GetProcessById(pid);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // it just ended
            }
        }
    }
}
