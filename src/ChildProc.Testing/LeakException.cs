namespace ChildProc.Testing;

/// <summary>Something was left behind. The message is the whole report.</summary>
public sealed class LeakException : Exception
{
    /// <summary>Makes one; public so that other test frameworks can.</summary>
    /// <param name="report">What was found.</param>
    public LeakException(LeakReport report)
        : base(report?.ToString()) => Report = report ?? throw new ArgumentNullException(nameof(report));

    internal LeakException(LeakReport report, string message)
        : base(message) => Report = report;

    /// <summary>What was found.</summary>
    public LeakReport Report { get; }
}
