namespace ChildProc.Engines;

/// <content>Who may use a tree that is used again for another child when this one is over.</content>
/// <remarks>
/// The owner's pin is there from the start to the end of its disposal, and stays where the tree serves nobody else; whoever else comes, from another thread of the owner's or
/// from the engine, pins it for the length of one call. With the last pin the version moves on: a stale owner, who knows the
/// version of its own child, never reaches the next one.
/// </remarks>
internal abstract partial class ProcessTree
{
    private const long OneVersion = 1L << 32;
    private long _pins = 1; // the version in the high half, the pins in the low one
    private bool _isTakenBack;

    internal int Version => (int)(Volatile.Read(ref _pins) >> 32);

    /// <summary>True as long as this version lives; to be followed by <see cref="Unpin"/>.</summary>
    internal bool TryPin(int version) => TryPin(any: false, version);

    /// <summary>True when it serves some child at this moment.</summary>
    internal bool TryPin() => TryPin(any: true, 0);

    internal void Unpin()
    {
        long pins = Volatile.Read(ref _pins);
        while (true)
        {
            bool isLast = (int)pins == 1;
            long seen = Interlocked.CompareExchange(ref _pins, isLast ? (pins & -OneVersion) + OneVersion : pins - 1, pins);
            if (seen == pins)
            {
                if (isLast)
                {
                    OnUnpinned();
                }

                return;
            }

            pins = seen;
        }
    }

    /// <summary>True once: the owner is done with it.</summary>
    internal bool TryBeginTakeBack() => !Interlocked.Exchange(ref _isTakenBack, true);

    /// <summary>All of it is over, and nothing was handed out that might still look at it.</summary>
    internal virtual bool CanServeAgain => false;

    /// <summary>Nobody can reach it any more, unless it is pinned anew.</summary>
    protected virtual void OnUnpinned()
    {
    }

    /// <summary>The next child's owner.</summary>
    protected void PinAgain()
    {
        _isTakenBack = false;
        Interlocked.Increment(ref _pins);
    }

    private bool TryPin(bool any, int version)
    {
        long pins = Volatile.Read(ref _pins);
        while ((int)pins != 0 && (any || (int)(pins >> 32) == version))
        {
            long seen = Interlocked.CompareExchange(ref _pins, pins + 1, pins);
            if (seen == pins)
            {
                return true;
            }

            pins = seen;
        }

        return false;
    }
}
