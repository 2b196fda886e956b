namespace ChildProc.Engines;

/// <summary>Work that may block for long, on a thread of its own: never on one of the thread pool's.</summary>
internal static class OwnThread
{
    /// <summary>The work as a task. Null: the system has no thread left.</summary>
    internal static Task<T>? TryRun<T>(string name, Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return TryStart(name, Run) ? done.Task : null;

        void Run()
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }

    /// <summary>A background thread, which the caller's thread makes. False: the system has none left.</summary>
    internal static bool TryStart(string name, ThreadStart run, int maxStackSize = 0)
    {
        try
        {
            new Thread(run, maxStackSize) { IsBackground = true, Name = name }.UnsafeStart();
            return true;
        }
        catch (OutOfMemoryException) // how the runtime says it
        {
            return false;
        }
    }
}
