namespace ChildProc.Testing;

/// <summary>The mark of one check on the children that are started in its flow, by <see cref="ChildProcessDiagnostics.StartTag"/>.</summary>
internal sealed class LeakScope(LeakScope? parent)
{
    private volatile bool _isSettled;

    internal static LeakScope? Current => ChildProcessDiagnostics.StartTag as LeakScope;

    internal LeakScope? Parent { get; } = parent;

    /// <summary>What this flow has dropped was told: it is nobody's fault again.</summary>
    internal void Settle() => _isSettled = true;

    /// <summary>It, or one around it, has told what it dropped; the outer one itself does not count.</summary>
    internal bool IsSettledBelow(LeakScope? outer)
    {
        for (LeakScope? scope = this; scope is not null && scope != outer; scope = scope.Parent)
        {
            if (scope._isSettled)
            {
                return true;
            }
        }

        return false;
    }

    internal bool IsWithin(LeakScope other)
    {
        for (LeakScope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope == other)
            {
                return true;
            }
        }

        return false;
    }
}
