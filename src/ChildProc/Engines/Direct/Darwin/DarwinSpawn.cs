namespace ChildProc.Engines.Direct.Darwin;

/// <summary>One call of posix_spawn. Signals are at their defaults and none is blocked; nothing is inherited but what the actions name.</summary>
/// <param name="Path">The program, absolute: addchdir_np and a relative one go wrong together (trap 79).</param>
/// <param name="Strings">Arguments, then variables, each with a NUL behind it.</param>
/// <param name="ArgumentCount">How many of them are arguments.</param>
/// <param name="VariableCount">How many of them are variables.</param>
/// <param name="Flags">POSIX_SPAWN_SETPGROUP (a group of its own), POSIX_SPAWN_SETSID, POSIX_SPAWN_START_SUSPENDED.</param>
/// <param name="Directory">Where it begins; null for the host's.</param>
/// <param name="Actions">Its descriptors, in this order.</param>
internal sealed record DarwinSpawn(
    string Path, byte[] Strings, int ArgumentCount, int VariableCount, short Flags, string? Directory, IReadOnlyList<SpawnAction> Actions);

/// <summary>What posix_spawn does to one descriptor of the child.</summary>
/// <param name="Kind">Which action.</param>
/// <param name="Source">The descriptor of the host, for a dup2.</param>
/// <param name="Target">The number in the child.</param>
internal readonly record struct SpawnAction(SpawnActionKind Kind, int Source, int Target);

internal enum SpawnActionKind
{
    /// <summary>adddup2: the copy has no close-on-exec, and is inherited.</summary>
    Duplicate,

    /// <summary>addinherit_np: it stays where it is, and loses its close-on-exec. A dup2 to itself would keep that, and close it.</summary>
    Inherit,

    /// <summary>addopen: the null device, for reading and writing.</summary>
    Null,
}
