using ChildProc.Interleavings.Scheduling;

namespace ChildProc.Interleavings.Substitutes;

/// <summary>In the place of <see cref="System.Threading.Thread"/>.</summary>
public sealed class Thread(ThreadStart start, int maxStackSize)
{
    private Actor? _actor;

    public bool IsBackground { get; set; }

    public string? Name { get; set; }

    public static void Sleep(TimeSpan time) => Sleep((int)time.TotalMilliseconds);

    public static void Sleep(int milliseconds) => Scheduler.Block("sleep", static () => false, Scheduler.Current!.Now + milliseconds);

    public void UnsafeStart()
    {
        _ = maxStackSize;
        _actor = Scheduler.Current!.Spawn(Name ?? "thread", () => start(), IsBackground);
    }

    public void Join() => _actor!.Join();
}

/// <summary>What asynchronous code does on its own thread here: each await blocks the actor, so continuations need no thread pool.</summary>
public static class Tasks
{
    /// <summary>Before each look whether an awaited operation is complete.</summary>
    public static void Await<T>(ref T awaiter)
        where T : struct
    {
        T copy = awaiter;
        Scheduler.Block("await", () => IsCompleted(ref copy));
    }

    public static Task<T> Run<T>(Func<Task<T>> start)
    {
        TaskCompletionSource<T> source = new();
        Scheduler.Current!.Spawn("Task.Run", () => Complete(source, start()), isDaemon: false);
        return source.Task;
    }

    public static Task WaitAsync(Task task, CancellationToken cancellationToken) => WaitAsync(task, Timeout.InfiniteTimeSpan, cancellationToken);

    public static Task WaitAsync(Task task, TimeSpan timeout) => WaitAsync(task, timeout, CancellationToken.None);

    public static Task WaitAsync(Task task, TimeSpan timeout, CancellationToken cancellationToken)
        => Wait(task, timeout, cancellationToken) is not { } inTime ? task : inTime ? Task.FromCanceled(cancellationToken) : Task.FromException(new TimeoutException());

    public static Task<T> WaitAsync<T>(Task<T> task, CancellationToken cancellationToken)
        => Wait(task, Timeout.InfiniteTimeSpan, cancellationToken) is null ? task : Task.FromCanceled<T>(cancellationToken);

    public static Task<T> WaitAsync<T>(Task<T> task, TimeSpan timeout)
        => Wait(task, timeout, CancellationToken.None) is null ? task : Task.FromException<T>(new TimeoutException());

    // Null when it is complete; else whether it was cancelled in time.
    private static bool? Wait(Task task, TimeSpan timeout, CancellationToken cancellationToken)
    {
        bool inTime = Scheduler.Block(
            "WaitAsync", () => task.IsCompleted || cancellationToken.IsCancellationRequested, Scheduler.After((int)timeout.TotalMilliseconds));
        return task.IsCompleted ? null : inTime;
    }

    private static void Complete<T>(TaskCompletionSource<T> source, Task<T> task)
    {
        Scheduler.Block("Task.Run", () => task.IsCompleted);
        source.SetFromTask(task);
    }

    private static bool IsCompleted<T>(ref T awaiter)
        where T : struct
    {
        try
        {
            return Look<T>.At(ref awaiter);
        }
        catch (InvalidOperationException)
        {
            return true; // it is somebody else's by now, which the waiter shall see for itself
        }
    }

    private static class Look<T>
        where T : struct
    {
        internal static readonly Of At = typeof(T).GetProperty("IsCompleted")!.GetMethod!.CreateDelegate<Of>();

        internal delegate bool Of(ref T awaiter);
    }
}
