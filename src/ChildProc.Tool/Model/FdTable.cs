namespace ChildProc.Tool.Model;

/// <summary>
/// The descriptors of a process, or of several that share them (CLONE_FILES). Only slots whose origin is in the evidence are
/// in it: what was open before the first fact is nobody's finding.
/// </summary>
internal sealed class FdTable
{
    private readonly Dictionary<int, FdSlot> _slots = [];

    /// <summary>Processes that use it.</summary>
    internal int Users { get; set; } = 1;

    /// <summary>The process that it was made for.</summary>
    internal ProcessLife? Owner { get; set; }

    internal IEnumerable<FdSlot> Slots => _slots.Values;

    /// <summary>The slots that were closed last, by number: how a second close is told from a close of nothing.</summary>
    internal Dictionary<int, ClosedSlot> Closed { get; } = [];

    internal FdSlot? this[int fd] => _slots.GetValueOrDefault(fd);

    internal void Add(FdSlot slot)
    {
        _slots[slot.Fd] = slot;
        Closed.Remove(slot.Fd);
    }

    internal FdSlot? Remove(int fd) => _slots.Remove(fd, out FdSlot? slot) ? slot : null;

    internal List<FdSlot> Take(Predicate<FdSlot> which)
    {
        List<FdSlot> taken = [];
        foreach (FdSlot slot in _slots.Values)
        {
            if (which(slot))
                taken.Add(slot);
        }

        foreach (FdSlot slot in taken)
            _slots.Remove(slot.Fd);
        return taken;
    }
}

/// <summary>A descriptor that is no more.</summary>
/// <param name="What">What it referred to.</param>
/// <param name="Reference">Where it was closed.</param>
internal readonly record struct ClosedSlot(OpenFile What, string Reference);
