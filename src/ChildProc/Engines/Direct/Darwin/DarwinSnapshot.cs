using System.Buffers;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>One process that lives.</summary>
/// <param name="Pid">Its number of the moment.</param>
/// <param name="Id">Its number for ever: another process never gets it.</param>
/// <param name="Parent">The one of the process that forked it, whoever is its parent now.</param>
internal readonly record struct DarwinProcess(int Pid, ulong Id, ulong Parent);

/// <summary>All processes that lived a moment ago, parents before children: identities count up, so a child has the higher one.</summary>
internal static class DarwinSnapshot
{
    private const int FirstSize = 1024, MaxSize = 1 << 20;

    internal static List<DarwinProcess> Take(IDarwinSystem system)
    {
        List<DarwinProcess> all = [];
        foreach (int pid in Pids(system, DarwinAbi.PROC_ALL_PIDS, 0))
        {
            if (pid > 0 && system.Identify(pid, out DarwinAbi.UniqueIdentifier identifier) == 0)
            {
                all.Add(new DarwinProcess(pid, identifier.Process, identifier.Parent));
            }
        }

        all.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        return all;
    }

    /// <summary>The members of a process group, zombies included.</summary>
    internal static int[] Group(IDarwinSystem system, int group) => Pids(system, DarwinAbi.PROC_PGRP_ONLY, group);

    /// <summary>The signal goes to this process and to no later one of its number. 0 or errno.</summary>
    internal static int Signal(IDarwinSystem system, in DarwinProcess process, int signal)
    {
        int error = system.Identify(process.Pid, out DarwinAbi.UniqueIdentifier now);
        return error != 0 ? error : now.Process != process.Id ? DarwinAbi.ESRCH : system.Kill(process.Pid, signal);
    }

    private static int[] Pids(IDarwinSystem system, uint type, int of)
    {
        for (int size = FirstSize; ; size *= 2)
        {
            int[] buffer = ArrayPool<int>.Shared.Rent(size);
            try
            {
                int count = system.List(type, of, buffer);
                if (count < buffer.Length || size >= MaxSize) // full: there may be more
                {
                    return count > 0 ? buffer[..count] : [];
                }
            }
            finally
            {
                ArrayPool<int>.Shared.Return(buffer);
            }
        }
    }
}
