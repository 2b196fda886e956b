namespace ChildProc.Engines.Direct;

/// <summary>One process of the system, as a look at all of them found it.</summary>
/// <param name="Pid">Its number, which another may have by now.</param>
/// <param name="Parent">The number of its parent.</param>
/// <param name="Group">Its process group.</param>
/// <param name="Session">Its session.</param>
/// <param name="Started">When it began, in the system's own unit: with the number, its identity.</param>
/// <param name="IsDead">A zombie, with no thread left.</param>
internal readonly record struct ProcessEntry(int Pid, int Parent, int Group, int Session, ulong Started, bool IsDead);
