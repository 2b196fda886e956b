namespace ChildProc.Tests;

public sealed class ChildProcessTreeExceptionTests
{
    [Fact]
    public void Remaining_processes_are_copied()
    {
        string[] remaining = ["17 D rsync"];
        ChildProcessTreeException exception = new(TreeFault.NotEmpty, remaining);
        remaining[0] = "";
        Assert.Equal(["17 D rsync"], exception.Remaining);
        Assert.Equal(TreeFault.NotEmpty, exception.Fault);
    }

    [Fact]
    public void Control_characters_of_a_process_name_never_reach_the_message()
    {
        ChildProcessTreeException exception = new(TreeFault.NotEmpty, ["17 D a\u001b[2J\n"]);
        Assert.DoesNotContain(exception.Message, char.IsControl);
        Assert.Equal(["17 D a\u001b[2J\n"], exception.Remaining);
    }

    [Fact]
    public void Nothing_remaining_is_the_default() =>
        Assert.Empty(new ChildProcessTreeException(TreeFault.ContainmentLost).Remaining);
}
