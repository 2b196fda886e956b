using System.Diagnostics;
using BenchmarkDotNet.Attributes;

namespace ChildProc.Benchmarks;

/// <summary>How long until a tree of many processes, ten of them daemons, is verified to be empty?</summary>
/// <remarks>Process.Kill(entireProcessTree) is measured with 100 only: with 1,000 it takes over a minute, and leaves the daemons.</remarks>
[MemoryDiagnoser]
public class TreeKill
{
    private IChildProcess _tree = null!;
    private Process _process = null!;

    [Params(100, 1000, 4000)]
    public int Processes { get; set; }

    [IterationSetup(Target = nameof(ChildProc_kill_and_wait))]
    public void GrowTree()
    {
        _tree = ChildProcess.Start(new ChildProcessStartInfo(Target.Program, Words) { StandardOutput = ChildStdio.Pipe });
        using StreamReader reader = new(_tree.StandardOutput.AsStream(leaveOpen: true));
        reader.ReadLine(); // all are there
    }

    [Benchmark]
    public async Task ChildProc_kill_and_wait()
    {
        _tree.Kill();
        await _tree.WaitForTreeAsync();
    }

    [IterationCleanup(Target = nameof(ChildProc_kill_and_wait))]
    public void DisposeTree() => _tree.Dispose();

    [IterationSetup(Target = nameof(Process_kill_entire_tree))]
    public void GrowProcess()
    {
        if (Processes > 100)
        {
            throw new NotSupportedException("It would take minutes.");
        }

        _process = Target.Start(redirected: true, [.. Words[..2], "0"]); // without daemons, which would survive
        _process.StandardOutput.ReadLine();
    }

    [Benchmark]
    public void Process_kill_entire_tree()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    [IterationCleanup(Target = nameof(Process_kill_entire_tree))]
    public void DisposeProcess() => _process?.Dispose();

    private string[] Words => ["flat", $"{Processes}", "10"];
}
