using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>
/// Growth: a process that has one descriptor, or one thread, more with each child that it reaps. A count is compared with
/// itself, so caches that fill once are no leak.
/// </summary>
internal sealed partial class Tracker
{
    /// <summary>Iterations after the warm-up that must all grow before it counts.</summary>
    private const int Iterations = 5;

    private readonly Dictionary<ProcessLife, GrowthState> _growth = [];

    private sealed class GrowthState
    {
        internal int Count { get; set; }

        internal int Threads { get; set; }

        internal int LastDescriptors { get; set; }

        internal int LastThreads { get; set; }

        /// <summary>The birth of the newest thread.</summary>
        internal string? ThreadReference { get; set; }

        internal bool DescriptorsGrow { get; set; } = true;

        internal bool ThreadsGrow { get; set; } = true;
    }

    private GrowthState Growth(ProcessLife life)
    {
        if (!_growth.TryGetValue(life, out GrowthState? state))
            _growth[life] = state = new();
        return state;
    }

    private void CountThread(TaskState task, Fact? birth)
    {
        History.Sums.ThreadsCreated++;
        GrowthState state = Growth(task.Process);
        state.Threads++;
        state.ThreadReference = birth?.Reference ?? state.ThreadReference;
    }

    private void CountIteration(TaskState task)
    {
        GrowthState state = Growth(task.Process);
        int descriptors = task.Table.Slots.Count(static s => !s.Inherited);
        if (++state.Count > options.Warmup + 1)
        {
            state.DescriptorsGrow &= descriptors > state.LastDescriptors;
            state.ThreadsGrow &= state.Threads > state.LastThreads;
        }

        (state.LastDescriptors, state.LastThreads) = (descriptors, state.Threads);
    }

    private void JudgeGrowth(TaskState task, Fact? end)
    {
        if (!_growth.Remove(task.Process, out GrowthState? state) || state.Count < options.Warmup + 1 + Iterations)
            return;
        ProcessLife life = task.Process;
        if (state.DescriptorsGrow && task.Table.Slots.Where(static s => !s.Inherited).MaxBy(static s => s.Opened) is { } newest)
            History.Tell(new(Rule.Descriptor, Severity.Warning,
                $"{life.Title} had more descriptors open after each of {state.Count} children, {state.LastDescriptors} in the end; the last is {newest.Fd} ({newest.File.Key})")
            {
                Pid = life.Pid, Command = life.Title, Time = end?.Time ?? History.Last, Process = life, References = [newest.Reference],
            });
        if (state.ThreadsGrow)
            History.Tell(new(Rule.Thread, Severity.Warning, $"{life.Title} had more threads after each of {state.Count} children, {state.LastThreads} in the end")
            {
                Pid = life.Pid, Command = life.Title, Time = end?.Time ?? History.Last, Process = life, References = [state.ThreadReference ?? life.ExecReference ?? ""],
            });
    }
}
