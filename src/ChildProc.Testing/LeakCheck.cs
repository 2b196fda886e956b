using System.Diagnostics;
using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Testing.Rules;

namespace ChildProc.Testing;

/// <summary>
/// Looks for what code leaves behind: child processes, zombies, orphans, descriptors, threads of the library and undisposed
/// children of ChildProc.
/// </summary>
/// <remarks>
/// <para>
/// What was there when it began is nobody's fault, and what needs a moment to go away has that moment
/// (<see cref="LeakCheckOptions.Settle"/>). Undisposed children are told apart by the asynchronous flow that started them, so
/// checks in tests that run at the same time do not disturb each other there. Everything else belongs to the process: where two
/// checks overlap that are not one within the other, neither looks at it, and both say so in <see cref="LeakReport.NotChecked"/>.
/// </para>
/// <para>
/// Linux: all of it, by /proc. Other systems: undisposed children only. A process that left its group and its parents under
/// <see cref="Containment.ProcessGroup"/>, or was detached by other means, is seen only after <see cref="EnableSubreaper"/>.
/// Members are thread-safe.
/// </para>
/// </remarks>
public sealed partial class LeakCheck : IAsyncDisposable
{
    private const int LongestPause = 100; // milliseconds
    private readonly LeakCheckOptions _options;
    private readonly LeakScope? _scope; // null: of no flow
    private readonly Snapshot _before;
    private volatile bool _overlapped;
    private bool _isVerified;
    private bool _isEnded;

    private LeakCheck(LeakCheckOptions options, LeakScope? scope, Snapshot before)
    {
        _options = options;
        _scope = scope;
        _before = before;
    }

    /// <summary>Begins a check: notes what there is, and marks what the present asynchronous flow starts.</summary>
    /// <param name="configure">Sets up how it looks; null for the defaults.</param>
    /// <returns>The check, to be disposed in the same method: that ends the mark.</returns>
    public static LeakCheck Begin(Action<LeakCheckOptions>? configure = null)
    {
        LeakCheckOptions options = Configured(configure);
        LeakScope scope = new(LeakScope.Current);
        LeakCheck check = new(options, scope, Snapshot.Take(options.ProcessWide));
        ChildProcessDiagnostics.StartTag = scope;
        OpenChecks.Add(check);
        return check;
    }

    /// <summary>Looks once, without a beginning: for processes and undisposed children, whoever started them.</summary>
    /// <param name="configure">Sets up how it looks; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait for things to settle.</param>
    /// <returns>What was found. It throws nothing for a leak.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async ValueTask<LeakReport> FindAsync(Action<LeakCheckOptions>? configure = null, CancellationToken cancellationToken = default)
        => await new LeakCheck(Configured(configure), scope: null, Snapshot.Empty).InspectAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Linux: makes this process the subreaper of its descendants, for the rest of its life: see prctl(2).</summary>
    /// <remarks>
    /// Every orphan among the descendants becomes a child of this process, where a check finds it. It changes the process: code
    /// that waits for any child meets strangers. Does nothing on other systems.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The system refuses.</exception>
    public static void EnableSubreaper()
    {
        if (OperatingSystem.IsLinux() && Native.BecomeSubreaper() is not 0 and int error)
        {
            throw new InvalidOperationException($"PR_SET_CHILD_SUBREAPER failed with errno {error}.");
        }
    }

    /// <summary>Looks, and looks again while something is left, until <see cref="LeakCheckOptions.Settle"/> is over.</summary>
    /// <param name="cancellationToken">Ends the wait for things to settle.</param>
    /// <returns>What is left then. It throws nothing for a leak, and a later disposal does not look again.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<LeakReport> InspectAsync(CancellationToken cancellationToken = default)
    {
        long began = Stopwatch.GetTimestamp();
        LeakReport report = Look();
        for (int pause = 1; MayMend(report) && Stopwatch.GetElapsedTime(began) < _options.Settle; pause = Math.Min(2 * pause, LongestPause))
        {
            Collect();
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            report = Look();
        }

        _isVerified = true;
        _scope?.Settle();
        return report;
    }

    /// <summary>As <see cref="InspectAsync"/>, and throws for a leak.</summary>
    /// <param name="cancellationToken">Ends the wait for things to settle.</param>
    /// <returns>The wait.</returns>
    /// <exception cref="LeakException">Something leaks.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask VerifyAsync(CancellationToken cancellationToken = default)
    {
        LeakReport report = await InspectAsync(cancellationToken).ConfigureAwait(false);
        if (!report.IsClean)
        {
            throw new LeakException(report);
        }
    }

    /// <summary>Ends the check; verifies when nobody has looked before.</summary>
    /// <remarks>An exception that is under way when it throws is lost: C# keeps the later one of the two.</remarks>
    /// <returns>The wait.</returns>
    /// <exception cref="LeakException">Something leaks, and nobody has looked before.</exception>
    public ValueTask DisposeAsync() // not asynchronous itself: it could not end the mark for its caller
    {
        bool verify = !_isVerified && !_isEnded;
        End();
        return verify ? VerifyAsync() : ValueTask.CompletedTask;
    }

    /// <summary>Ends the check without a look. Again is the same as once.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _isEnded, true))
        {
            return;
        }

        if (LeakScope.Current == _scope)
        {
            ChildProcessDiagnostics.StartTag = _scope?.Parent;
        }

        OpenChecks.Remove(this);
    }

    private static LeakCheckOptions Configured(Action<LeakCheckOptions>? configure)
    {
        LeakCheckOptions options = new();
        configure?.Invoke(options);
        return options;
    }

    private static bool MayMend(LeakReport report) => report.Leaks.Any(static leak => !leak.IsFinal);

    // What was forgotten shows itself only when it is collected; twice, for what a finalizer lets go.
    private static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private LeakReport Look()
    {
        List<Leak> found = [];
        List<string> notChecked = [];
        if (!_options.ProcessWide)
        {
            notChecked.Add("processes, descriptors and threads, for the check is not process-wide");
        }
        else if (_overlapped)
        {
            notChecked.Add("processes, descriptors and threads, for another check was open at the same time");
        }
        else if (ProcFile.IsOurs())
        {
            FindInProcess(found, notChecked);
        }
        else
        {
            notChecked.Add("processes, descriptors and threads, for there is no /proc, or that of another PID namespace");
        }

        found.AddRange(UndisposedRule.Find(_before, IsOurs));
        ILookup<string?, Leak> byReason = found.ToLookup(_options.WhyIgnored);
        return new LeakReport(
            [.. byReason[null]],
            [.. byReason.Where(static group => group.Key is not null).SelectMany(static group => group.Select(leak => new IgnoredLeak(leak, group.Key!)))],
            notChecked);
    }

    [SupportedOSPlatform("linux")]
    private void FindInProcess(List<Leak> found, List<string> notChecked)
    {
        found.AddRange(ProcessRules.Children(_before));
        found.AddRange(ProcessRules.Orphans(_before));
        if (_before == Snapshot.Empty)
        {
            notChecked.Add("descriptors and threads, for there is no beginning to compare with");
            return;
        }

        found.AddRange(DescriptorRule.Find(_before));
        found.AddRange(ThreadRule.Find(_before));
    }

    private bool IsOurs(ChildProcessEntry entry)
    {
        LeakScope? scope = entry.StartTag as LeakScope;
        if (scope is null)
        {
            return _options.ProcessWide && !_overlapped;
        }

        LeakScope? ours = _options.AllFlows ? null : _scope;
        return (ours is null || scope.IsWithin(ours)) && (entry.HasOwner || !scope.IsSettledBelow(ours));
    }
}
