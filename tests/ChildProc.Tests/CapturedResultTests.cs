namespace ChildProc.Tests;

public sealed class CapturedResultTests
{
    [Fact]
    public void EnsureSuccess_keeps_the_output_at_hand()
    {
        CapturedResult result = new() { Status = ExitStatus.FromCode(0, default), StandardOutput = "hi", StandardError = "" };
        Assert.Equal("hi", result.EnsureSuccess().StandardOutput);
    }

    [Fact]
    public void EnsureSuccess_throws_for_a_captured_failure_too()
    {
        ChildResult result = new CapturedResult { Status = ExitStatus.FromCode(1, default), StandardOutput = "", StandardError = "" };
        Assert.Throws<ChildProcessExitException>(() => result.EnsureSuccess());
    }
}
