namespace ChildProc;

/// <summary>How a tree is brought to its end: one signal, a time to obey it, then the kill of the whole tree.</summary>
/// <remarks>Immutable. A tree that is gone before the grace is over ends the wait at once.</remarks>
public sealed class StopPolicy
{
    /// <summary>Makes a policy that asks before it kills.</summary>
    /// <param name="signal">The signal that asks the child to end.</param>
    /// <param name="grace">
    /// How long the child has to obey, from zero to <see cref="int.MaxValue"/> milliseconds. There is no endless grace.
    /// </param>
    /// <param name="scope">Which processes get the signal; default the child alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The signal is the default value, or another value is out of range.
    /// </exception>
    public StopPolicy(ChildSignal signal, TimeSpan grace, SignalScope scope = SignalScope.Child)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(signal.Number, 0, nameof(signal));
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(grace, TimeSpan.FromMilliseconds(int.MaxValue));
        if (scope is < SignalScope.Child or > SignalScope.Tree)
        {
            throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a signal scope.");
        }

        Signal = signal;
        Grace = grace;
        Scope = scope;
    }

    private StopPolicy()
    {
    }

    /// <summary><see cref="ChildSignal.Terminate"/> to the child, 5 seconds, then the kill.</summary>
    public static StopPolicy Default { get; } = new(ChildSignal.Terminate, TimeSpan.FromSeconds(5));

    /// <summary>The kill of the whole tree at once, without a signal before it.</summary>
    public static StopPolicy Kill { get; } = new();

    /// <summary>The signal that asks the child to end; the default value (number 0) when nothing is asked.</summary>
    public ChildSignal Signal { get; }

    /// <summary>How long the child has to obey the signal.</summary>
    public TimeSpan Grace { get; }

    /// <summary>Which processes get the signal.</summary>
    public SignalScope Scope { get; }

    /// <summary>Describes the policy, for example "SIGTERM, 5 s, kill".</summary>
    /// <returns>The description.</returns>
    public override string ToString() => Signal.Number == 0
        ? "kill"
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Signal}, {Grace.TotalSeconds} s, kill");
}
