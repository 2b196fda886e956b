using System.ComponentModel;
using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using CliWrap;

namespace ChildProc.Benchmarks;

/// <summary>What does it cost to be told that there is no such program?</summary>
[MemoryDiagnoser]
public class StartFailure
{
    private const string Missing = "/nonexistent/program";
    private readonly PreparedCommand _prepared = ChildProcess.Prepare(new ChildProcessStartInfo(Missing));

    [Benchmark(Baseline = true)]
    public int Process_Start()
    {
        try
        {
            using Process? process = Process.Start(new ProcessStartInfo(Missing));
            return 0;
        }
        catch (Win32Exception e)
        {
            return e.NativeErrorCode;
        }
    }

    [Benchmark]
    public int ChildProc_prepared()
    {
        try
        {
            using IChildProcess child = _prepared.Start();
            return 0;
        }
        catch (ChildProcessStartException e)
        {
            return e.NativeErrorCode;
        }
    }

    [Benchmark]
    public async Task<int> CliWrap_execute()
    {
        try
        {
            return (await Cli.Wrap(Missing).ExecuteAsync()).ExitCode;
        }
        catch (Win32Exception e)
        {
            return e.NativeErrorCode;
        }
    }

    [Benchmark]
    public int MedallionShell_run()
    {
        try
        {
            return Medallion.Shell.Command.Run(Missing).Result.ExitCode;
        }
        catch (Win32Exception e)
        {
            return e.NativeErrorCode;
        }
    }
}
