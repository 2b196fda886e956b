namespace ChildProc.Tests;

public sealed class ChildProcessExitExceptionTests
{
    [Fact]
    public void Program_and_status_are_properties_too()
    {
        ExitStatus status = ExitStatus.FromCode(3);
        ChildProcessExitException exception = new("git", status);
        Assert.Equal("git", exception.FileName);
        Assert.Equal(status, exception.Status);
        Assert.IsType<ChildProcessException>(exception, exactMatch: false);
    }

    [Fact]
    public void A_program_must_be_named_even_if_by_nothing()
    {
        Assert.Throws<ArgumentNullException>("fileName", () => new ChildProcessExitException(null!, default));
        Assert.Equal("", new ChildProcessExitException("", default).FileName);
    }
}
