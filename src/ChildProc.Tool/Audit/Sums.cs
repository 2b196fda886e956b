namespace ChildProc.Tool.Audit;

/// <summary>
/// The conservation sums: what was made must have ended somehow. They are the proof behind the word clean; a sum that does
/// not hold is evidence lost.
/// </summary>
internal sealed class Sums
{
    /// <summary>A source that sees every birth was at work.</summary>
    internal bool CountsBirths { get; set; }

    internal bool CountsReaps { get; set; }

    internal bool CountsDescriptors { get; set; }

    internal long Created { get; set; }

    internal long ReapedByParent { get; set; }

    /// <summary>By the kernel (SIGCHLD ignored), or by the one that adopted it after its parent's end.</summary>
    internal long ReapedByOther { get; set; }

    internal long Alive { get; set; }

    internal long Zombies { get; set; }

    internal long ThreadsCreated { get; set; }

    internal long ThreadsEnded { get; set; }

    internal long Opened { get; set; }

    internal long Inherited { get; set; }

    internal long Closed { get; set; }

    internal long ClosedByExec { get; set; }

    internal long ClosedByExit { get; set; }

    internal long StillOpen { get; set; }

    internal bool ProcessesBalance => !CountsReaps || Created == ReapedByParent + ReapedByOther + Alive + Zombies;

    internal bool DescriptorsBalance => Opened + Inherited == Closed + ClosedByExec + ClosedByExit + StillOpen;

    internal IEnumerable<string> Lines()
    {
        if (CountsBirths && CountsReaps)
            yield return $"{Created} processes created = {ReapedByParent} reaped by their parent + {ReapedByOther} by kernel or adopter + {Zombies} never reaped + {Alive} alive";
        else if (CountsBirths)
            yield return $"{Created} processes created, {Alive} alive, {Zombies} zombies; reaps were not watched";
        else
            yield return $"{Created} processes seen, {Alive} alive, {Zombies} zombies; births were not watched";
        if (CountsDescriptors)
            yield return $"{Opened} descriptors opened + {Inherited} inherited = {Closed} closed + {ClosedByExec} closed by exec + {ClosedByExit} by exit + {StillOpen} open";
    }
}
