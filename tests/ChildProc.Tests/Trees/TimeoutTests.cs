using System.Diagnostics;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Trees;

/// <summary>Times of any length: none overflows, and none is over too early.</summary>
public sealed class TimeoutTests
{
    public static TheoryData<TimeSpan> Long => [TimeSpan.FromDays(24), TimeSpan.FromDays(25), TimeSpan.FromDays(50), TimeSpan.FromDays(400), TimeSpan.MaxValue - TimeSpan.FromTicks(1), TimeSpan.MaxValue];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Long))]
    public async Task A_wait_that_may_take_weeks_ends_with_the_child(TimeSpan timeout)
    {
        await using IChildProcess child = ChildProcess.Start(Puppet.Info("pause"));
        Task<ExitStatus> reader = Waiting(), sleeper = Waiting(); // one reads the news, the other is told
        Assert.False(reader.IsCompleted || sleeper.IsCompleted);
        child.Kill();
        Assert.True(IsKilled(await reader.WaitAsync(Eventually.Patience)));
        Assert.True(IsKilled(await sleeper.WaitAsync(Eventually.Patience)));

        static bool IsKilled(ExitStatus status) => OperatingSystem.IsWindows() ? status.Code is not (null or 0) : status.Signal == ChildSignal.Kill;

        Task<ExitStatus> Waiting() => Task.Factory.StartNew(
            () => child.WaitForExit(timeout, out ExitStatus status) ? status : ExitStatus.Unknown, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0.0001)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(7.3)]
    [InlineData(20)]
    public async Task A_wait_is_never_over_too_early(double milliseconds)
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(milliseconds);
        await using IChildProcess child = ChildProcess.Start(Puppet.Info("pause"));
        for (int i = 0; i < 20; i++)
        {
            long began = Stopwatch.GetTimestamp();
            Assert.False(child.WaitForExit(timeout, out _));
            TimeSpan waited = Stopwatch.GetElapsedTime(began);
            Assert.True(waited >= timeout, $"{waited.TotalMilliseconds} ms instead of {milliseconds}");
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(-1)]
    [InlineData(-5_000)]
    [InlineData(-9_999)]
    [InlineData(-10_001)]
    [InlineData(-20_000_000)]
    [InlineData(long.MinValue)]
    public async Task A_negative_time_is_refused_unless_it_is_the_infinite_one(long ticks)
    {
        await using IChildProcess child = ChildProcess.Start(Puppet.Info("pause"));
        Assert.Throws<ArgumentOutOfRangeException>("timeout", () => child.WaitForExit(TimeSpan.FromTicks(ticks), out _));
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Long))]
    public async Task A_start_may_take_weeks(TimeSpan timeout)
    {
        await using LocalChildProcessHost host = (LocalChildProcessHost)ChildProcessHost.Create(new ChildProcessHostOptions { StartTimeout = timeout, Containment = UnderTest.Asked });
        using IChildProcess blocking = host.Prepare(Puppet.Info("exit", "3")).Start();
        await using IChildProcess other = await host.StartAsync(Puppet.Info("exit", "4"), CancellationToken.None);
        Assert.Equal((3, 4), (blocking.WaitForExit().Code, (await other.WaitForExitAsync()).Code));
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Long))]
    public async Task Output_may_be_waited_for_for_weeks(TimeSpan timeout)
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new(Puppet.Info("exit", "3")) { DrainTimeout = timeout, StandardInput = ChildStdio.Bytes("unread"u8.ToArray()) });
        Assert.Equal(3, result.Status.Code);
    }
}
