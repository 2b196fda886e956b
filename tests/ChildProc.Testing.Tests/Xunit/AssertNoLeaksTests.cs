using System.Text.RegularExpressions;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Testing.Tests.Xunit;

/// <summary>What the attribute of this assembly does, seen from outside: the samples run in a process of their own.</summary>
public sealed partial class AssertNoLeaksTests
{
    // All at once, for a leak takes its settling time to be one.
    private static readonly Lazy<Task<(int? Code, string Output)>> s_leaking
        = new(static () => RunAsync(nameof(Samples.Leaks), nameof(Samples.Leaks_and_fails), nameof(Samples.Leaves_a_zombie)));

    [Fact(Timeout = 60_000)]
    public async Task A_test_that_passes_and_leaks_fails()
    {
        (int? code, string output) = await s_leaking.Value;
        Assert.NotEqual(0, code);
        Assert.Contains("Samples.Leaks [FAIL]", output, StringComparison.Ordinal);
        Assert.Contains("CPL007 Undisposed: child ", output, StringComparison.Ordinal);
        Assert.Contains("Total: 3, Errors: 1, Failed: 3", output, StringComparison.Ordinal); // at the end of the assembly once more
    }

    [Fact(Timeout = 60_000)]
    public async Task A_test_that_fails_and_leaks_keeps_its_failure_and_the_leak_is_a_warning()
    {
        (_, string output) = await s_leaking.Value;
        Match told = Told().Match(output);
        Assert.True(told.Success, output);
        Assert.Contains("CPL007 Undisposed: child ", told.Groups["warnings"].Value, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_zombie_fails_a_test_that_runs_alone()
    {
        (_, string output) = await s_leaking.Value;
        Assert.Contains("Samples.Leaves_a_zombie [FAIL]", output, StringComparison.Ordinal);
        Assert.Contains("CPL002 Zombie: process ", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(nameof(Samples.Is_clean))]
    [InlineData(nameof(Samples.Drops_on_purpose))]
    [InlineData(nameof(DisposingSamples.Is_disposed_later))]
    public async Task What_is_clean_or_allowed_or_disposed_with_its_class_passes(string test)
    {
        (int? code, string output) = await RunAsync(test);
        Assert.True(code == 0 && output.Contains("Total: 1, Errors: 0, Failed: 0", StringComparison.Ordinal), output);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_class_that_disposes_has_dropped_is_reported_at_the_end_of_the_assembly()
    {
        (int? code, string output) = await RunAsync(nameof(DisposingSamples.Drops_another));
        Assert.NotEqual(0, code);
        Assert.Contains("Test Assembly Cleanup Failure", output, StringComparison.Ordinal);
        Assert.Contains("child, dropped and finalized: ", output, StringComparison.Ordinal);
        Assert.Contains("Total: 1, Errors: 1, Failed: 0", output, StringComparison.Ordinal);
    }

    private static async Task<(int? Code, string Output)> RunAsync(params string[] tests)
    {
        ChildProcessStartInfo info = new(Environment.ProcessPath!, ["-explicit", "only", "-noColor", .. tests.SelectMany(static test => (string[])["-method", $"*.{test}"])])
        {
            Environment = new Dictionary<string, string?> { [LocalTests.Samples] = "1" },
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info, TestContext.Current.CancellationToken);
        return (result.Status.Code, result.StandardOutput.ReplaceLineEndings("\n"));
    }

    [GeneratedRegex(@"\[FAIL\]\n +the first failure\n +Stack Trace:\n.*\n +Warnings:\n(?<warnings>.*)Test Assembly Cleanup", RegexOptions.Singleline)]
    private static partial Regex Told();
}
