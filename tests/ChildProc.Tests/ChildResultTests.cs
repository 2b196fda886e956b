namespace ChildProc.Tests;

public sealed class ChildResultTests
{
    [Fact]
    public void EnsureSuccess_names_the_program()
    {
        ChildResult result = new() { Status = ExitStatus.FromCode(2, default), FileName = "git" };
        var exception = Assert.Throws<ChildProcessExitException>(() => result.EnsureSuccess());
        Assert.Equal("git", exception.FileName);
        Assert.Equal(2, exception.Status.Code);
    }

    [Fact]
    public void EnsureSuccess_returns_the_result()
    {
        ChildResult result = new() { Status = ExitStatus.FromCode(0, default) };
        Assert.Same(result, result.EnsureSuccess());
    }

    [Fact]
    public void A_fake_needs_the_status_alone()
    {
        ChildResult result = new() { Status = ExitStatus.Unknown };
        Assert.Empty(result.KilledLeftovers);
        Assert.False(result.OutputIncomplete);
        Assert.Equal(TimeSpan.Zero, result.Elapsed);
    }
}
