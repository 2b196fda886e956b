using System.Diagnostics;
using ChildProc.Testing.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Testing.Tests.Rules;

public sealed class ChildRuleTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_child_that_lives_on_is_reported()
    {
        await using LeakCheck check = Checks.Begin();
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(Puppet.Path, "pause");
        await Eventually.HoldsAsync(() => File.ReadAllText($"/proc/{process.Id}/stat").Contains(") S ", StringComparison.Ordinal), "it sleeps");
        Leak leak = await check.SingleAsync(LeakKind.Child);
        Assert.Equal(("CPL001", "puppet", $"{Puppet.Path} pause"), (leak.Rule, leak.Name, leak.CommandLine));
        Assert.InRange(leak.Age!.Value, TimeSpan.Zero, Stopwatch.GetElapsedTime(began) + TimeSpan.FromSeconds(1)); // /proc counts in ticks, from a boot told in seconds
        Assert.Contains($"process {process.Id}, state S", leak.What, StringComparison.Ordinal);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Linux shows a process whose first thread has ended in state Z, as a zombie; with more than one thread it lives.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_child_whose_first_thread_has_ended_lives_on()
    {
        await using LeakCheck check = Checks.Begin();
        using Process process = Process.Start(new ProcessStartInfo(Puppet.Path, "leader-exits") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        while (!(await File.ReadAllTextAsync($"/proc/{process.Id}/stat", TestContext.Current.CancellationToken)).Contains(") Z ", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        LeakReport report = await check.InspectAsync(); // of the pipes, too
        Leak leak = Assert.Single(report.Leaks, static l => l.Kind is LeakKind.Child or LeakKind.Zombie);
        Assert.Equal(LeakKind.Child, leak.Kind);
        Assert.StartsWith($"process {process.Id}, state Z", leak.What, StringComparison.Ordinal);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_takes_a_moment_to_go_is_not_reported()
    {
        await using LeakCheck check = Checks.BeginPatient();
        using Process process = Process.Start(Puppet.Path, ["sleep-ms", "100"]);
        await check.CleanAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_child_that_was_there_before_is_not_reported()
    {
        using Process process = Process.Start(Puppet.Path, "pause");
        await using (LeakCheck check = Checks.Begin())
        {
            await check.CleanAsync();
        }

        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_daemon_that_has_left_its_parents_is_reported_by_a_subreaper()
    {
        LeakCheck.EnableSubreaper();
        await using LeakCheck check = Checks.Begin();
        using (Process process = Process.Start(Puppet.Path, ["daemon", "pause"]))
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Leak leak = await check.SingleAsync(LeakKind.Child);
        int daemon = int.Parse(leak.What.Split([' ', ','])[1], System.Globalization.CultureInfo.InvariantCulture);
        RawChild.Kill(daemon);
        RawChild.Reap(daemon);
    }
}
