namespace ChildProc.Tool.Model;

/// <summary>A process for all time: ids are used again, so the moment of its first fact is part of the name.</summary>
/// <param name="Pid">As its tracee or observer saw it.</param>
/// <param name="FirstSeen">Nanoseconds.</param>
internal readonly record struct ProcessId(int Pid, long FirstSeen);
