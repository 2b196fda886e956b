using BenchmarkDotNet.Attributes;

namespace ChildProc.Benchmarks;

/// <summary>Does one more child cost more when thousands live, each with piped output?</summary>
[MemoryDiagnoser]
public class Scale
{
    private List<IChildProcess> _living = [];
    private readonly PreparedCommand _prepared = ChildProcess.Prepare(Target.Info);

    [Params(0, 1000, 5000)]
    public int Living { get; set; }

    [GlobalSetup]
    public async Task StartThem() => _living = await LiveChildren.StartAsync(Living);

    [GlobalCleanup]
    public Task EndThem() => LiveChildren.EndAsync(_living);

    [Benchmark]
    public ExitStatus One_more()
    {
        using IChildProcess child = _prepared.Start();
        return child.WaitForExit();
    }
}
