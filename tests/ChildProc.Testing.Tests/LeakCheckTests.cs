using ChildProc.Testing.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Testing.Tests;

public sealed class LeakCheckTests
{
    [Fact(Timeout = 120_000)]
    public async Task Verify_throws_the_report()
    {
        await using LeakCheck check = Checks.Begin();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        LeakException thrown = await Assert.ThrowsAsync<LeakException>(async () => await check.VerifyAsync());
        Assert.Single(thrown.Report.Leaks);
        Assert.Equal(thrown.Report.ToString(), thrown.Message);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_disposal_verifies_when_nobody_has_looked()
    {
        IChildProcess? child = null;
        await Assert.ThrowsAsync<LeakException>(async () =>
        {
            await using LeakCheck check = Checks.Begin();
            child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        });
        await child!.DisposeAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task The_text_names_rule_age_command_stack_and_remedy()
    {
        await using LeakCheck check = Checks.Begin();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").Piped());
        string[] lines = (await check.ReportAsync(static report => report.Leaks.Count == 1)).ToString().Split('\n');
        Assert.Equal("1 leak:", lines[0]);
        Assert.Matches($"^  CPL007 Undisposed: child {child.Id} {Puppet.Path} pause \\(running, started [0-9.]+ s ago, open: StandardOutput\\)$", lines[1]);
        Assert.Equal("      started", lines[2]);
        Assert.Contains(lines, static line => line.Contains(nameof(LeakCheckTests), StringComparison.Ordinal));
        Assert.Contains("      Dispose the IChildProcess: await using.", lines);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_ignored_fails_nothing_and_is_named_with_its_reason()
    {
        await using LeakCheck check = LeakCheck.Begin(static options =>
        {
            options.Settle = TimeSpan.Zero;
            options.Ignore(Leak.Undisposed("*/puppet"), because: "it is this test's");
            options.Ignore(Leak.Descriptor(Puppet.Path), because: "so is this");
            options.Ignore(Leak.Process(comm: "true", commandLine: "*true*"), because: "and that");
        });
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        using SafeFileHandle handle = File.OpenHandle(Puppet.Path);
        using RawChild zombie = RawChild.StartAndEnd("/bin/true");
        LeakReport report = await check.ReportAsync(static report => report.IsClean);
        Assert.Superset(new HashSet<string> { "it is this test's", "so is this", "and that" }, report.Ignored.Select(static i => i.Because).ToHashSet());
        Assert.Contains($"ignored, so is this: descriptor {handle.DangerousGetHandle()}", report.ToString(), StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("*/other")]
    [InlineData("puppet")]
    [InlineData("*/PUPPET")]
    public async Task A_rule_that_does_not_match_ignores_nothing(string pattern)
    {
        await using LeakCheck check = LeakCheck.Begin(options =>
        {
            options.Settle = TimeSpan.Zero;
            options.Ignore(Leak.Undisposed(pattern), because: "of something else");
        });
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        await check.SingleAsync(LeakKind.Undisposed);
    }

    [Fact]
    public void To_ignore_something_takes_a_reason()
    {
        LeakCheckOptions options = new();
        Assert.Throws<ArgumentException>(() => options.Ignore(Leak.Descriptor("socket:*"), because: " "));
        Assert.Throws<ArgumentException>(() => Leak.Process());
    }

    [Fact(Timeout = 120_000)]
    public async Task Checks_that_overlap_look_at_their_own_flow_only_and_say_so()
    {
        await using LeakCheck outer = Checks.Begin();
        Task<LeakReport> other = BesideAsync();
        using SafeFileHandle handle = File.OpenHandle(Puppet.Path);
        LeakReport report = await other;
        Assert.True(report.IsClean, report.ToString());
        Assert.Contains("another check was open at the same time", Assert.Single(report.NotChecked), StringComparison.Ordinal);
        Assert.Single((await outer.InspectAsync()).NotChecked);

        static Task<LeakReport> BesideAsync()
        {
            using AsyncFlowControl apart = ExecutionContext.SuppressFlow();
            return Task.Run(async () =>
            {
                await using LeakCheck check = Checks.Begin();
                return await check.InspectAsync();
            });
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_check_within_another_sees_everything_and_the_outer_one_sees_what_it_leaves()
    {
        await using LeakCheck outer = Checks.Begin();
        IChildProcess child;
        await using (LeakCheck inner = Checks.Begin())
        {
            child = await ChildProcess.StartAsync(Puppet.Info("pause"));
            await inner.SingleAsync(LeakKind.Undisposed);
        }

        await outer.SingleAsync(LeakKind.Undisposed);
        await child.DisposeAsync();
        await outer.CleanAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Find_needs_no_beginning()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        using RawChild zombie = RawChild.StartAndEnd("/bin/true");
        LeakReport report = await LeakCheck.FindAsync(static o => o.Settle = TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        Assert.Equal([LeakKind.Zombie, LeakKind.Undisposed], report.Leaks.Select(static leak => leak.Kind));
        Assert.Single(report.NotChecked);
    }

    [Fact(Timeout = 120_000)]
    public async Task Stacks_are_noted_only_while_a_check_is_open()
    {
        bool before = ChildProcessDiagnostics.TrackStacks; // the check around this test asks for them
        await using (LeakCheck check = Checks.Begin())
        {
            Assert.True(ChildProcessDiagnostics.TrackStacks);
        }

        Assert.Equal(before, ChildProcessDiagnostics.TrackStacks);
    }
}
