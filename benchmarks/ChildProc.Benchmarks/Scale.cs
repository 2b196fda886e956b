using BenchmarkDotNet.Attributes;

namespace ChildProc.Benchmarks;

/// <summary>Does one more child cost more when thousands live, each with piped output?</summary>
[MemoryDiagnoser]
public class Scale
{
    private readonly List<IChildProcess> _living = [];
    private readonly PreparedCommand _prepared = ChildProcess.Prepare(Target.Info);

    [Params(0, 1000, 5000)]
    public int Living { get; set; }

    [GlobalSetup]
    public async Task StartThem()
    {
        PreparedCommand idle = ChildProcess.Prepare(new ChildProcessStartInfo(Target.Program, "pause") { StandardOutput = ChildStdio.Pipe });
        for (int i = 0; i < Living; i++)
        {
            _living.Add(await idle.StartAsync());
        }
    }

    [GlobalCleanup]
    public async Task EndThem()
    {
        await Task.WhenAll(_living.ConvertAll(static child => child.DisposeAsync().AsTask()));
        _living.Clear();
    }

    [Benchmark]
    public ExitStatus One_more()
    {
        using IChildProcess child = _prepared.Start();
        return child.WaitForExit();
    }
}
