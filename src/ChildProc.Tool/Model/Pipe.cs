namespace ChildProc.Tool.Model;

/// <summary>A pipe with the slots of its two ends. Its life is over when both are empty.</summary>
internal sealed class Pipe(string key) : OpenFile(OpenFileKind.Pipe, key)
{
    internal HashSet<(FdTable Table, FdSlot Slot)> Readers { get; } = [];

    internal HashSet<(FdTable Table, FdSlot Slot)> Writers { get; } = [];

    internal long Opened { get; init; }

    internal long? Ended { get; set; }

    /// <summary>All that ever held an end of it.</summary>
    internal HashSet<ProcessLife> Holders { get; } = [];

    internal string Reference { get; init; } = "";

    /// <summary>Of those that were meant to write, the one that ended last.</summary>
    internal ProcessLife? LastIntendedWriter { get; set; }

    /// <summary>Since when no intended writer and no reader can write, though somebody else still can.</summary>
    internal long? HeldSince { get; set; }

    internal string HeldReference { get; set; } = "";

    /// <summary>Who can write still.</summary>
    internal ProcessLife? Holder { get; set; }

    internal string HolderReference { get; set; } = "";
}
