namespace ChildProc.Telemetry.Tests.Infrastructure;

/// <summary>What a listener has heard; whoever wants something waits until it comes, within bounds.</summary>
internal sealed class Heard<T>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly List<T> _all = [];
    private readonly List<(Func<T, bool> Wanted, TaskCompletionSource<T> Source)> _waiters = [];

    internal T[] All
    {
        get
        {
            lock (_all)
            {
                return [.. _all];
            }
        }
    }

    internal void Add(T item)
    {
        lock (_all)
        {
            _all.Add(item);
            foreach ((Func<T, bool> wanted, TaskCompletionSource<T> source) in _waiters)
            {
                if (wanted(item))
                {
                    source.TrySetResult(item);
                }
            }
        }
    }

    /// <summary>The first of that kind, whether it has come or is still to come.</summary>
    internal async Task<T> FirstAsync(Func<T, bool> wanted)
    {
        TaskCompletionSource<T> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_all)
        {
            int there = _all.FindIndex(item => wanted(item));
            if (there >= 0)
            {
                return _all[there];
            }

            _waiters.Add((wanted, source));
        }

        try
        {
            return await source.Task.WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"It never came. Heard: {string.Join("; ", All)}");
            throw;
        }
    }
}
