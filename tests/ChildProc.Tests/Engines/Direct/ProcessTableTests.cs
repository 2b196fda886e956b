using System.Text;
using ChildProc.Engines.Direct;

namespace ChildProc.Tests.Engines.Direct;

public sealed class ProcessTableTests
{
    [Theory]
    [InlineData("S", 1, false)]
    [InlineData("Z", 1, true)]
    [InlineData("Z", 3, false)] // its first thread has ended
    [InlineData("X", 0, true)]
    public void A_stat_line_is_read_whatever_the_command_is_called(string state, int threads, bool isDead)
    {
        string line = $"77 (a ) S 1 (b)) {state} 5 6 7 34816 9 0 0 0 0 0 1 2 3 4 20 0 {threads} 0 123456 1 2";
        Assert.Equal(new ProcessEntry(77, 5, 6, 7, 123456, isDead), ProcessTable.Parse(77, Encoding.ASCII.GetBytes(line)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("77 (cut")]
    [InlineData("77 (cut) S 5 6")]
    public void A_line_that_is_cut_is_nobody(string line) => Assert.Null(ProcessTable.Parse(77, Encoding.ASCII.GetBytes(line)));

    [Fact]
    public void This_process_is_in_the_list_and_its_parent_is_whose_child_it_is()
    {
        List<ProcessEntry> all = ProcessTable.TryList()!;
        ProcessEntry self = all.Find(static entry => entry.Pid == Environment.ProcessId);
        Assert.Equal(Mono.Unix.Native.Syscall.getppid(), self.Parent);
        Assert.Contains(all, entry => entry.Pid == self.Parent || self.Parent == 0);
    }

    [Fact]
    public void Another_process_of_the_same_number_gets_no_signal()
    {
        ProcessEntry self = ProcessTable.Find(Environment.ProcessId, out _)!.Value;
        const int Esrch = 3;
        Assert.Equal(0, ProcessTable.Signal(self, 0));
        Assert.Equal(Esrch, ProcessTable.Signal(self with { Started = self.Started + 1 }, 0));
    }
}
