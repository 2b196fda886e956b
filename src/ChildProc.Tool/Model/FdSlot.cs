namespace ChildProc.Tool.Model;

/// <summary>One number in one table, from its opening to its close.</summary>
internal sealed class FdSlot(int fd, OpenFile file, long opened)
{
    internal int Fd { get; } = fd;

    internal OpenFile File { get; } = file;

    internal long Opened { get; } = opened;

    internal bool CloseOnExec { get; set; }

    /// <summary>Put at this number, or stripped of close-on-exec, on purpose: meant for the next program.</summary>
    internal bool Placed { get; set; }

    /// <summary>Copied along with the table of the parent.</summary>
    internal bool Inherited { get; init; }

    internal FactFlags End { get; init; }

    internal string Reference { get; init; } = "";

    internal ProcessLife? Opener { get; init; }

    /// <summary>Whether the program that opened it was a shell, whose descriptors below 10 are its user's (POSIX, 2.7).</summary>
    internal bool OfShell { get; init; }

    internal FdSlot Inherit() => new(Fd, File, Opened)
    {
        CloseOnExec = CloseOnExec,
        Placed = Placed,
        Inherited = true,
        End = End,
        Reference = Reference,
        Opener = Opener,
        OfShell = OfShell,
    };
}
