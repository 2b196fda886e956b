namespace ChildProc.Benchmarks;

/// <summary>How much processor time of its own does a host spend on a start and a wait? That of the child and its supervisor is not in it.</summary>
internal static class HostTime
{
    private const int Rounds = 5, Each = 1000;
    private static readonly PreparedCommand s_prepared = ChildProcess.Prepare(Target.Info);

    internal static async Task MeasureAsync(Figures figures)
    {
        await AddAsync(figures, "blocking wait", static () => BlockAsync(Start), static () => BlockAsync(static () => Target.RunExitByProcess()));
        await AddAsync(figures, "asynchronous wait", static () => AwaitAsync(StartAsync), static () => AwaitAsync(Target.RunExitByProcessAsync));
        await AddAsync(figures, "blocking wait, from four threads", static () => FromThreadsAsync(Start), static () => FromThreadsAsync(static () => Target.RunExitByProcess()));
    }

    private static async Task AddAsync(Figures figures, string what, Func<Task> ours, Func<Task> theirs)
    {
        List<double> mine = [], others = [];
        for (int i = 0; i < Rounds; i++)
        {
            mine.Add(await TimeAsync(ours));
            others.Add(await TimeAsync(theirs));
        }

        double of = Figures.Quantile(mine, 0.5), beside = Figures.Quantile(others, 0.5);
        figures.Add($"processor time of the host for a prepared start and {what}, beside Process", $"{of / beside:0.00} ({of:0} µs, {beside:0} µs)", "≤ 0.5");
    }

    private static async Task<double> TimeAsync(Func<Task> run)
    {
        await run(); // whatever ran before is over
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await run();
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / Each;
    }

    private static void Start()
    {
        using IChildProcess child = s_prepared.Start();
        child.WaitForExit();
    }

    private static async Task StartAsync()
    {
        await using IChildProcess child = await s_prepared.StartAsync();
        await child.WaitForExitAsync();
    }

    private static Task BlockAsync(Action start)
    {
        for (int i = 0; i < Each; i++)
        {
            start();
        }

        return Task.CompletedTask;
    }

    private static async Task AwaitAsync(Func<Task> start)
    {
        for (int i = 0; i < Each; i++)
        {
            await start();
        }
    }

    private static Task FromThreadsAsync(Action start)
    {
        ParallelStart.Run(Each / ParallelStart.Threads, start);
        return Task.CompletedTask;
    }
}
