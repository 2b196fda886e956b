using System.Runtime.CompilerServices;

namespace ChildProc.Tests;

public sealed class ExitStatusTests
{
    private static readonly ResourceUsage s_usage = new() { UserTime = TimeSpan.FromMilliseconds(3), PeakMemoryBytes = 4096 };

    [Fact]
    public void Default_is_unknown_and_no_success()
    {
        ExitStatus status = default;
        Assert.Equal(ExitStatus.Unknown, status);
        Assert.False(status.IsKnown);
        Assert.False(status.IsSuccess);
        Assert.Null(status.Code);
        Assert.Null(status.Signal);
        Assert.False(status.CoreDumped);
        Assert.Equal(default, status.Usage);
        Assert.Equal("unknown", status.ToString());
    }

    [Theory]
    [InlineData(0, true, "exit 0")]
    [InlineData(3, false, "exit 3")]
    [InlineData(255, false, "exit 255")]
    [InlineData(-1073741510, false, "exit -1073741510")]
    public void Only_exit_code_0_is_success(int code, bool success, string text)
    {
        ExitStatus status = ExitStatus.FromCode(code, s_usage);
        Assert.Equal(code, status.Code);
        Assert.Null(status.Signal);
        Assert.True(status.IsKnown);
        Assert.Equal(success, status.IsSuccess);
        Assert.Equal(s_usage, status.Usage);
        Assert.Equal(text, status.ToString());
    }

    [Theory]
    [InlineData(false, "SIGSEGV")]
    [InlineData(true, "SIGSEGV (core dumped)")]
    public void A_signal_leaves_no_exit_code(bool core, string text)
    {
        ExitStatus status = ExitStatus.FromSignal(ChildSignal.SegmentationFault, core, s_usage);
        Assert.Null(status.Code);
        Assert.Equal(ChildSignal.SegmentationFault, status.Signal);
        Assert.Equal(core, status.CoreDumped);
        Assert.True(status.IsKnown);
        Assert.False(status.IsSuccess);
        Assert.Equal(s_usage, status.Usage);
        Assert.Equal(text, status.ToString());
    }

    [Fact]
    public void A_status_of_no_signal_cannot_be_made() =>
        Assert.Throws<ArgumentOutOfRangeException>("signal", () => ExitStatus.FromSignal(default, core: false, default));

    [Fact]
    public void Code_9_and_signal_9_differ() =>
        Assert.NotEqual(ExitStatus.FromCode(9, default), ExitStatus.FromSignal(ChildSignal.Kill, core: false, default));

    [Fact]
    public void EnsureSuccess_returns_a_success_and_throws_the_rest()
    {
        ExitStatus success = ExitStatus.FromCode(0, s_usage);
        Assert.Equal(success, success.EnsureSuccess());
        ExitStatus killed = ExitStatus.FromSignal(ChildSignal.Kill, core: false, default);
        Assert.Equal(killed, Assert.Throws<ChildProcessExitException>(() => killed.EnsureSuccess()).Status);
        Assert.Throws<ChildProcessExitException>(() => ExitStatus.Unknown.EnsureSuccess());
    }

    [Fact]
    public void A_status_fits_into_32_bytes() => Assert.Equal(32, Unsafe.SizeOf<ExitStatus>());
}
