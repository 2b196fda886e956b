using System.Diagnostics;

namespace ChildProc.Interleavings.Scheduling;

/// <summary>A thread that runs when it is its turn.</summary>
internal sealed class Actor(Scheduler scheduler, int id, string name, bool isDaemon, double priority)
{
    private readonly ManualResetEventSlim _ended = new();

    internal Scheduler Scheduler { get; } = scheduler;

    internal int Id { get; } = id;

    internal string Name { get; } = $"{name} ({id})";

    internal bool IsDaemon { get; } = isDaemon;

    internal double Priority { get; set; } = priority;

    /// <summary>What it waits for; null when it can go on.</summary>
    internal Func<bool>? IsReady { get; set; }

    internal long Deadline { get; set; } = long.MaxValue;

    /// <summary>The point it is at.</summary>
    internal string At { get; set; } = "its begin";

    internal bool IsOver { get; set; }

    internal SemaphoreSlim Baton { get; } = new(0);

    internal bool CanGoOn(long now) => !IsOver && (IsReady is null || now >= Deadline || IsReady());

    internal void Start(Action act) => Worker.Run(() =>
    {
        act();
        _ended.Set();
    });

    /// <summary>Its next point throws; returns when it is through with that.</summary>
    internal void End(TimeSpan patience)
    {
        long began = Stopwatch.GetTimestamp();
        while (!_ended.Wait(0) && Stopwatch.GetElapsedTime(began) < patience)
        {
            Baton.Release();
            _ended.Wait(10);
        }
    }

    /// <summary>Waits, as an actor, until it is over.</summary>
    internal void Join() => Scheduler.Block($"join {Name}", () => IsOver);

    /// <summary>Threads are used again: thousands of schedules begin within a second.</summary>
    private sealed class Worker
    {
        private static readonly Stack<Worker> s_free = new();
        private readonly SemaphoreSlim _begin = new(0);
        private Action _act = null!;

        private Worker() => new Thread(Loop, 512 * 1024) { IsBackground = true, Name = "actor" }.Start();

        internal static void Run(Action act)
        {
            Worker? worker;
            lock (s_free)
            {
                _ = s_free.TryPop(out worker);
            }

            worker ??= new Worker();
            worker._act = act;
            worker._begin.Release();
        }

        private void Loop()
        {
            while (true)
            {
                _begin.Wait();
                _act();
                lock (s_free)
                {
                    s_free.Push(this);
                }
            }
        }
    }
}
