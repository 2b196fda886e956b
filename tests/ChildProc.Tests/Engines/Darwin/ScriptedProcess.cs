namespace ChildProc.Tests.Engines.Darwin;

/// <summary>A process of the scripted kernel.</summary>
internal sealed class ScriptedProcess
{
    internal enum ProcessState { Stopped, Running, Exiting, Zombie }

    internal required int Pid { get; init; }

    /// <summary>p_uniqueid.</summary>
    internal required ulong Id { get; init; }

    /// <summary>p_puniqueid: it stays when the parent dies.</summary>
    internal required ulong ForkedBy { get; init; }

    internal required int Parent { get; set; }

    internal required int Group { get; set; }

    internal string Path { get; init; } = "";

    internal string[] Arguments { get; init; } = [];

    internal string? Directory { get; init; }

    internal ProcessState State { get; set; } = ProcessState.Running;

    internal int Status { get; set; }

    /// <summary>The host may not signal it: a set-user-id program.</summary>
    internal bool IsForeign { get; set; }

    internal Dictionary<int, ScriptedFile> Files { get; init; } = [];

    internal List<int> Signals { get; } = [];

    internal bool IsAlive => State is ProcessState.Stopped or ProcessState.Running;
}

/// <summary>An open file description: the null device, a file, one end of a pipe, or a kqueue.</summary>
internal sealed class ScriptedFile
{
    internal string Name { get; init; } = "";

    internal ScriptedPipe? Pipe { get; init; }

    internal bool Writes { get; init; }

    internal bool NonBlocking { get; set; }

    /// <summary>Descriptors, of all processes, that refer to it.</summary>
    internal int References { get; set; }
}

internal sealed class ScriptedPipe
{
    internal const int Capacity = 65536;

    internal Queue<byte> Bytes { get; } = [];

    internal required ScriptedFile Reads { get; set; }

    internal required ScriptedFile Writes { get; set; }

    internal bool HasReaders => Reads.References > 0;

    internal bool HasWriters => Writes.References > 0;
}
