namespace ChildProc;

/// <summary>What went wrong with a process tree after its start.</summary>
public enum TreeFault
{
    /// <summary>What held the tree together ended before the tree did, for example because somebody killed it.</summary>
    ContainmentLost = 0,

    /// <summary>Processes of the tree are still there although they were killed.</summary>
    NotEmpty,
}
