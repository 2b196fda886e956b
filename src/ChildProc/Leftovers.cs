namespace ChildProc;

/// <summary>What becomes of the descendants that are still alive after the child itself has exited.</summary>
public enum Leftovers
{
    /// <summary>They belong to the owner until it disposes the child, and are killed then. The default.</summary>
    Kill = 0,

    /// <summary>They are let go when the child exits, for tools that mean to leave a server behind.</summary>
    Release,
}
