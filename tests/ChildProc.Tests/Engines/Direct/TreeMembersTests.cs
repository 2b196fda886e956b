using ChildProc.Engines.Direct;

namespace ChildProc.Tests.Engines.Direct;

public sealed class TreeMembersTests
{
    private static readonly List<ProcessEntry> s_all =
    [
        Entry(1, 0, 1), Entry(30, 20, 10), Entry(20, 10, 10), Entry(10, 5, 10), Entry(5, 1, 5),
        Entry(40, 1, 10), Entry(50, 40, 50), Entry(60, 50, 50, isDead: true), Entry(70, 60, 70), Entry(80, 1, 80),
    ];

    [Fact]
    public void The_group_and_its_descendants_are_members_and_parents_come_first()
        => Assert.Equal([10, 40, 20, 50, 30, 70], Pids(static entry => entry.Group == 10, s_all).OrderBy(static pid => pid is 10 or 40 ? 0 : pid is 20 or 50 ? 1 : 2));

    [Fact]
    public void Every_member_stands_behind_its_parent()
    {
        List<int> pids = Pids(static entry => entry.Group == 10, s_all);
        Assert.All(s_all.Where(entry => pids.Contains(entry.Pid) && pids.Contains(entry.Parent)), entry => Assert.True(pids.IndexOf(entry.Parent) < pids.IndexOf(entry.Pid)));
    }

    [Fact]
    public void The_dead_are_no_members() => Assert.DoesNotContain(60, Pids(static entry => entry.Group == 10, s_all));

    [Fact]
    public void Parents_that_were_read_as_a_ring_are_nobodys_members()
        => Assert.Empty(Pids(static entry => entry.Pid == 99, [Entry(2, 3, 2), Entry(3, 2, 3)]));

    private static List<int> Pids(Predicate<ProcessEntry> isRoot, List<ProcessEntry> all) => TreeMembers.Of(all, isRoot).ConvertAll(static entry => entry.Pid);

    private static ProcessEntry Entry(int pid, int parent, int group, bool isDead = false) => new(pid, parent, group, group, (ulong)pid, isDead);
}
