namespace ChildProc;

/// <summary>How strong the containment of a child has to be at least.</summary>
public enum ContainmentRequirement
{
    /// <summary>The best that the platform has, whatever that is; <see cref="IChildProcess.Containment"/> tells.</summary>
    Any = 0,

    /// <summary>
    /// Every descendant, daemons included: <see cref="Containment.Supervised"/> or <see cref="Containment.Job"/>. Where
    /// neither can be had the start throws <see cref="PlatformNotSupportedException"/>, before any side effect.
    /// </summary>
    WholeTree,
}
