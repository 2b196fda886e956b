using BenchmarkDotNet.Attributes;

namespace ChildProc.Benchmarks;

/// <summary>What does it cost to start a trivial child and to wait for its end, blocking?</summary>
/// <remarks>
/// Each method has a process of its own. In one that has ever used Process.Start, the runtime handles SIGCHLD for every child of the
/// host, and posix_spawn takes a sixth longer: so it does in the gate.
/// </remarks>
[MemoryDiagnoser]
public class StartAndWait
{
    private readonly PreparedCommand _prepared = ChildProcess.Prepare(Target.Info);
    private readonly PosixSpawn _posixSpawn = new(Target.Exit, []);

    [Benchmark(Baseline = true)]
    public int Process_Start() => Target.RunExitByProcess();

    [Benchmark]
    public ExitStatus ChildProc_prepared()
    {
        using IChildProcess child = _prepared.Start();
        return child.WaitForExit();
    }

    [Benchmark]
    public ExitStatus ChildProc_fresh()
    {
        using IChildProcess child = ChildProcess.Start(Target.Info);
        return child.WaitForExit();
    }

    [Benchmark]
    public int Raw_posix_spawn() => _posixSpawn.Run();
}
