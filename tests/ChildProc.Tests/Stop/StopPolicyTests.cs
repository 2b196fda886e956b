namespace ChildProc.Tests.Stop;

public sealed class StopPolicyTests
{
    [Fact]
    public void Default_is_terminate_then_5_seconds_then_kill()
    {
        Assert.Equal(ChildSignal.Terminate, StopPolicy.Default.Signal);
        Assert.Equal(TimeSpan.FromSeconds(5), StopPolicy.Default.Grace);
        Assert.Equal(SignalScope.Child, StopPolicy.Default.Scope);
        Assert.Equal("SIGTERM, 5 s, kill", StopPolicy.Default.ToString());
    }

    [Fact]
    public void Kill_asks_nothing_and_waits_for_nothing()
    {
        Assert.Equal(0, StopPolicy.Kill.Signal.Number);
        Assert.Equal(TimeSpan.Zero, StopPolicy.Kill.Grace);
        Assert.Equal("kill", StopPolicy.Kill.ToString());
    }

    [Fact]
    public void A_policy_without_a_signal_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>("signal", () => new StopPolicy(default, TimeSpan.Zero));

    [Theory]
    [InlineData(-1)] // Timeout.Infinite: a stop has an end
    [InlineData(-5)]
    [InlineData(int.MaxValue + 1L)]
    public void A_grace_without_bounds_is_refused(long milliseconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            "grace", () => new StopPolicy(ChildSignal.Interrupt, TimeSpan.FromMilliseconds(milliseconds)));

    [Theory]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void A_grace_within_bounds_is_taken(int milliseconds) =>
        Assert.Equal(
            milliseconds,
            new StopPolicy(ChildSignal.Interrupt, TimeSpan.FromMilliseconds((double)milliseconds), SignalScope.Tree).Grace.TotalMilliseconds);

    [Fact]
    public void An_undefined_scope_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            "scope", () => new StopPolicy(ChildSignal.Interrupt, TimeSpan.Zero, (SignalScope)3));
}
