using BenchmarkDotNet.Attributes;

namespace ChildProc.Benchmarks;

/// <summary>How long do four threads take for fifty starts with a blocking wait each?</summary>
[MemoryDiagnoser]
public class ParallelStart
{
    internal const int Threads = 4;
    private const int Each = 50;
    private readonly PreparedCommand _prepared = ChildProcess.Prepare(Target.Info);
    private readonly PosixSpawn _posixSpawn = new(Target.Exit, []);

    [Benchmark(Baseline = true, OperationsPerInvoke = Threads * Each)]
    public void Process_Start() => Run(Each, static () => Target.RunExitByProcess());

    [Benchmark(OperationsPerInvoke = Threads * Each)]
    public void ChildProc_prepared() => Run(Each, () =>
    {
        using IChildProcess child = _prepared.Start();
        child.WaitForExit();
    });

    [Benchmark(OperationsPerInvoke = Threads * Each)]
    public void Raw_posix_spawn() => Run(Each, () => _posixSpawn.Run());

    internal static void Run(int each, Action start)
    {
        Thread[] threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            threads[i] = new Thread(() =>
            {
                for (int k = 0; k < each; k++)
                {
                    start();
                }
            });
            threads[i].Start();
        }

        Array.ForEach(threads, static thread => thread.Join());
    }
}
