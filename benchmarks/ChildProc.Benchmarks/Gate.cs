using System.Diagnostics;
using System.Globalization;

namespace ChildProc.Benchmarks;

/// <summary>
/// What must not become worse: allocations to the byte, and times beside those of others in the same run, with room to breathe. Each
/// is the least of a few measurements: a busy machine has its waits for room, and its bad moments, and what became worse is so in all.
/// </summary>
internal sealed class Gate
{
    private readonly PreparedCommand _prepared = ChildProcess.Prepare(Target.Info);
    private readonly PosixSpawn _posixSpawn = new(Target.Exit, []);
    private int _passed, _failed;

    internal async Task<int> RunAsync()
    {
        await WarmUpAsync();
        AtMost("bytes of a prepared start and a blocking wait", 32, Least(() => Bytes(200, Blocking)));
        AtMost("bytes of a prepared start and an asynchronous wait", 1000, await BytesAsync(300, AsyncWait));
        AtMost("bytes of a fresh start and a blocking wait, beside Process", 1.0, Least(() => Bytes(200, Fresh)) / Least(() => Bytes(200, OfProcess)));
        AtMost("time of a prepared start and a blocking wait, beside posix_spawn", 1.6, Least(() => Ratio(Blocking, () => _posixSpawn.Run())));
        AtMost("time of a prepared start and a blocking wait, beside Process", 1.25, Least(() => Ratio(Blocking, OfProcess)));
        Console.WriteLine($"{_passed} passed, {_failed} failed");
        return _failed == 0 ? 0 : 1;
    }

    private async Task WarmUpAsync()
    {
        for (int i = 0; i < 200; i++)
        {
            Blocking();
            Fresh();
            OfProcess();
            _posixSpawn.Run();
            await AsyncWait();
        }
    }

    private void Blocking()
    {
        using IChildProcess child = _prepared.Start();
        child.WaitForExit();
    }

    private async ValueTask AsyncWait()
    {
        await using IChildProcess child = await _prepared.StartAsync();
        await child.WaitForExitAsync();
    }

    private static void Fresh()
    {
        using IChildProcess child = ChildProcess.Start(new ChildProcessStartInfo(Target.Exit));
        child.WaitForExit();
    }

    private static void OfProcess() => Target.RunExitByProcess();

    private static double Least(Func<double> measure) => Enumerable.Range(0, 3).Min(_ => measure());

    private static double Bytes(int count, Action run)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
        {
            run();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)count;
    }

    private static async Task<double> BytesAsync(int count, Func<ValueTask> run)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < count; i++)
        {
            await run();
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)count;
    }

    // The median over pairs, which are near enough to each other to meet the same weather.
    private static double Ratio(Action one, Action other)
    {
        List<double> ratios = [];
        for (int i = 0; i < 25; i++)
        {
            long began = Stopwatch.GetTimestamp();
            for (int k = 0; k < 20; k++)
            {
                one();
            }

            long between = Stopwatch.GetTimestamp();
            for (int k = 0; k < 20; k++)
            {
                other();
            }

            ratios.Add((between - began) / (double)(Stopwatch.GetTimestamp() - between));
        }

        ratios.Sort();
        return ratios[ratios.Count / 2];
    }

    private void AtMost(string what, double limit, double measured)
    {
        bool holds = measured <= limit;
        _ = holds ? _passed++ : _failed++;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(holds ? "ok    " : "FAILED")} {what}: {measured:0.##}, at most {limit}"));
    }
}
