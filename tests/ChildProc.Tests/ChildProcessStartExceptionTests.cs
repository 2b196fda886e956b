namespace ChildProc.Tests;

public sealed class ChildProcessStartExceptionTests
{
    [Fact]
    public void Facts_are_properties_too()
    {
        ChildProcessStartInfo info = new("git") { WorkingDirectory = "/srv" };
        ChildProcessStartException exception = ChildProcessStartException.Create(StartStage.WorkingDirectory, 2, info);
        Assert.Equal(StartStage.WorkingDirectory, exception.Stage);
        Assert.Equal(2, exception.NativeErrorCode);
        Assert.Equal("git", exception.FileName);
        Assert.Equal("/srv", exception.WorkingDirectory);
        Assert.IsType<ChildProcessException>(exception, exactMatch: false);
    }

    [Fact]
    public void A_fake_host_can_make_one()
    {
        InvalidOperationException cause = new();
        ChildProcessStartException exception = new("no", StartStage.Execute, 13, "git", "/srv", cause);
        Assert.Equal("no", exception.Message);
        Assert.Same(cause, exception.InnerException);
        Assert.Throws<ArgumentNullException>("fileName", () => new ChildProcessStartException("no", StartStage.Execute, 0, null!));
    }
}
