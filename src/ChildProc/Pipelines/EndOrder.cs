namespace ChildProc.Pipelines;

/// <summary>The order in which the stages of a pipeline are ended: from the last to the first.</summary>
/// <remarks>
/// A consumer must not take the death of its producer for the end of its input, or <c>dump | restore</c> would commit half of
/// the data when it is cancelled. Ended all at once, about one consumer in ten did (measured, one idle reader after another).
/// So each stage is ended when its consumer has exited. A consumer that takes its time is handling its signal, and knows: the
/// wait for it is bounded by <see cref="HeadStart"/>.
/// </remarks>
internal static class EndOrder
{
    internal static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits for the end of a consumer, but no longer than its head start; throws nothing.</summary>
    internal static async ValueTask AfterAsync(Task end)
    {
        if (!end.IsCompleted)
        {
            await end.WaitAsync(HeadStart).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends all stages in their order; returns when all are at their end, whatever became of one of them.</summary>
    internal static async Task ForAllAsync(IChildProcess[] stages, Func<IChildProcess, Task> end)
    {
        Task[] ends = new Task[stages.Length];
        for (int i = ends.Length - 1; i >= 0; i--)
        {
            ends[i] = end(stages[i]);
            await AfterAsync(ends[i]).ConfigureAwait(false);
        }

        // What cannot be killed is told before a mere cancellation.
        await Task.WhenAll(ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (Array.Find(ends, static task => task.IsFaulted) ?? Array.Find(ends, static task => task.IsCanceled) ?? Task.CompletedTask).ConfigureAwait(false);
    }
}
