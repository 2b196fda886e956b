using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Windows;

/// <summary>One background thread and one completion port for all trees: the messages of their jobs, and the exits of their children.</summary>
/// <remarks>
/// <para>
/// An exit is waited for by a wait object of the system's thread pool, whose callback does no more than post it to the port. So
/// exit and emptiness of a tree are told by one thread, in order. Since Windows 8 the pool waits by completion packets, without a
/// thread for every 63 handles as RegisterWaitForSingleObject has it.
/// </para>
/// <para>
/// Keys are never used again, so a late message finds nobody. Messages of a job are not guaranteed to come: what somebody waits
/// for is also asked for, ten times a second.
/// </para>
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed unsafe class JobPort
{
    private const uint Exited = 0x10000, Look = 0x10001; // ours, beyond those of jobs (winnt.h)
    private const uint PollMilliseconds = 100;
    private const int BatchSize = 64;
    private const int ERROR_NOT_ENOUGH_MEMORY = 8, WAIT_TIMEOUT = 258;

    private static readonly Lock s_creation = new();
    private static JobPort? s_shared;

    private readonly ConcurrentDictionary<nint, WindowsTree> _trees = new();
    private readonly ConcurrentDictionary<nint, WindowsTree> _awaited = new();
    private long _lastKey;

    private JobPort(nint port) => Port = port;

    internal static JobPort Shared => Volatile.Read(ref s_shared)!;

    internal nint Port { get; }

    /// <summary>Starts it, for the life of the process. 0, or an error of Windows: it may be tried again.</summary>
    internal static int EnsureRunning()
    {
        lock (s_creation)
        {
            if (s_shared is not null)
            {
                return 0;
            }

            nint port = Kernel32.CreateIoCompletionPort(-1, 0, 0, threads: 1);
            if (port == 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            JobPort shared = new(port);
            try
            {
                new Thread(shared.Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "ChildProc reactor" }.UnsafeStart();
            }
            catch (OutOfMemoryException) // how the runtime says that the system has no thread left
            {
                _ = Kernel32.CloseHandle(port);
                return ERROR_NOT_ENOUGH_MEMORY;
            }

            Volatile.Write(ref s_shared, shared);
            return 0;
        }
    }

    internal nint Add(WindowsTree tree)
    {
        nint key = (nint)Interlocked.Increment(ref _lastKey);
        _trees[key] = tree;
        return key;
    }

    internal void Remove(nint key)
    {
        _trees.TryRemove(key, out _);
        _awaited.TryRemove(key, out _);
    }

    /// <summary>Somebody waits for the tree to be empty: it is looked at until it is, or removed.</summary>
    internal void Watch(nint key)
    {
        if (_trees.TryGetValue(key, out WindowsTree? tree) && _awaited.TryAdd(key, tree))
        {
            _ = Kernel32.PostQueuedCompletionStatus(Port, Look, key, null); // wakes it from a wait without an end
        }
    }

    internal void Unwatch(nint key) => _awaited.TryRemove(key, out _);

    /// <summary>Waits for a process; its exit comes to <see cref="WindowsTree.OnExited"/>. 0 when it cannot.</summary>
    internal static nint WaitFor(nint process, nint key)
    {
        nint wait = Kernel32.CreateThreadpoolWait(&OnSignaled, key, null);
        if (wait != 0)
        {
            Kernel32.SetThreadpoolWait(wait, process, null);
        }

        return wait;
    }

    [UnmanagedCallersOnly]
    private static void OnSignaled(nint instance, nint key, nint wait, uint result)
        => Kernel32.PostQueuedCompletionStatus(Shared.Port, Exited, key, null);

    private void Run()
    {
        Kernel32.CompletionEntry* entries = stackalloc Kernel32.CompletionEntry[BatchSize];
        long looked = 0;
        while (true)
        {
            uint count = 0;
            bool any = Kernel32.GetQueuedCompletionStatusEx(Port, entries, BatchSize, &count, _awaited.IsEmpty ? uint.MaxValue : PollMilliseconds, alertable: 0) != 0;
            if (!any && Marshal.GetLastPInvokeError() != WAIT_TIMEOUT)
            {
                Thread.Sleep((int)PollMilliseconds); // whatever it is: it may pass, and is not worth a processor
            }

            for (int i = 0; any && i < count; i++)
            {
                Dispatch(entries[i]);
            }

            if (Environment.TickCount64 - looked >= PollMilliseconds)
            {
                looked = Environment.TickCount64;
                foreach (WindowsTree tree in _awaited.Values)
                {
                    tree.CheckEmpty();
                }
            }
        }
    }

    private void Dispatch(in Kernel32.CompletionEntry entry)
    {
        if (_trees.TryGetValue(entry.Key, out WindowsTree? tree))
        {
            if (entry.Message == Exited)
            {
                tree.OnExited();
            }
            else if (entry.Message is Kernel32.JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO or Look)
            {
                tree.CheckEmpty();
            }
        }
    }
}
