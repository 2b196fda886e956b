using BenchmarkDotNet.Attributes;
using CliWrap;
using Medallion.Shell;

namespace ChildProc.Benchmarks;

/// <summary>What does it cost to start a trivial child and to await its end?</summary>
[MemoryDiagnoser]
public class StartAndWaitAsync
{
    private readonly PreparedCommand _prepared = ChildProcess.Prepare(Target.Info);
    private readonly PosixSpawn _posixSpawn = new(Target.Exit, []);

    [Benchmark(Baseline = true)]
    public Task<int> Process_Start() => Target.RunExitByProcessAsync();

    [Benchmark]
    public async Task<ExitStatus> ChildProc_prepared()
    {
        await using IChildProcess child = await _prepared.StartAsync();
        return await child.WaitForExitAsync();
    }

    [Benchmark]
    public async Task<ChildResult> ChildProc_run() => await ChildProcess.RunAsync(Target.Info);

    [Benchmark]
    public async Task<int> CliWrap_execute() => (await Cli.Wrap(Target.Exit).ExecuteAsync()).ExitCode;

    [Benchmark]
    public async Task<int> MedallionShell_run() => (await Medallion.Shell.Command.Run(Target.Exit).Task).ExitCode;

    [Benchmark]
    public int Raw_posix_spawn_blocking() => _posixSpawn.Run();
}
