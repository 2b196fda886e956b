using System.Globalization;

namespace ChildProc.Testing;

/// <content>What grows with every repetition.</content>
public sealed partial class LeakCheck
{
    /// <summary>
    /// Repeats an action and throws when something of one kind is left behind by every repetition: what is opened once and kept,
    /// such as a cache, passes.
    /// </summary>
    /// <param name="warmup">Repetitions beforehand that may leave what they like; zero or more.</param>
    /// <param name="runs">Repetitions that count; two or more.</param>
    /// <param name="iteration">The action.</param>
    /// <param name="configure">Sets up how each repetition is looked at; null for the defaults.</param>
    /// <returns>The wait.</returns>
    /// <exception cref="LeakException">Something grows; the report is that of the last repetition.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is too small.</exception>
    public static async Task GrowthAsync(int warmup, int runs, Func<Task> iteration, Action<LeakCheckOptions>? configure = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(warmup);
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 2);
        ArgumentNullException.ThrowIfNull(iteration);
        for (int i = 0; i < warmup; i++)
        {
            await iteration().ConfigureAwait(false);
        }

        List<LeakReport> reports = [];
        while (reports.Count < runs)
        {
            LeakCheck check = Begin(configure);
            await using (check.ConfigureAwait(false))
            {
                await iteration().ConfigureAwait(false);
                reports.Add(await check.InspectAsync().ConfigureAwait(false));
            }

            if (reports[^1].IsClean)
            {
                return; // nothing is left by every one of them
            }
        }

        LeakKind[] growing = [.. Enum.GetValues<LeakKind>().Where(kind => reports.TrueForAll(report => report.Leaks.Any(leak => leak.Kind == kind)))];
        if (growing.Length > 0)
        {
            string[] counts = Array.ConvertAll(growing, kind => $"{kind} by {string.Join(", ", reports.Select(r => r.Leaks.Count(l => l.Kind == kind).ToString(CultureInfo.InvariantCulture)))}");
            throw new LeakException(reports[^1], $"It grows with every repetition: {string.Join("; ", counts)}. The last one left\n{reports[^1]}");
        }
    }

    /// <summary>As <see cref="GrowthAsync"/>, for an action that blocks.</summary>
    /// <inheritdoc cref="GrowthAsync"/>
    public static void Growth(int warmup, int runs, Action iteration, Action<LeakCheckOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(iteration);
        GrowthAsync(warmup, runs, RunAsync, configure).GetAwaiter().GetResult();

        Task RunAsync()
        {
            iteration();
            return Task.CompletedTask;
        }
    }
}
