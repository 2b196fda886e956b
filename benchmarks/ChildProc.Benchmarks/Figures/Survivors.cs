using System.Diagnostics;
using CliWrap;

namespace ChildProc.Benchmarks;

/// <summary>A host with 100 trees of three, one of them a daemon, is killed by SIGKILL. Who is left, and for how long?</summary>
internal static class Survivors
{
    internal const string HostVerb = "survivors-host";
    private const int Trees = 100;
    private const string Variable = "CHILDPROC_SURVIVOR";
    private static readonly string[] s_words = ["seq", "daemon", "pause", ",", "fork", "1", "pause", ",", "pause"];
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    internal static async Task MeasureAsync(Figures figures)
    {
        foreach (string library in (string[])["ChildProc", "Process", "CliWrap", "MedallionShell"])
        {
            await HostAsync(figures, library);
        }
    }

    /// <summary>The host that will be killed.</summary>
    internal static async Task<int> BeHostAsync(string library)
    {
        List<object> held = [];
        for (int i = 0; i < Trees; i++)
        {
            held.Add(library switch
            {
                "ChildProc" => await ChildProcess.StartAsync(new ChildProcessStartInfo(Target.Program, s_words)),
                "Process" => Target.Start(redirected: false, s_words),
                "CliWrap" => Cli.Wrap(Target.Program).WithArguments(s_words).ExecuteAsync(),
                _ => Medallion.Shell.Command.Run(Target.Program, s_words),
            });
        }

        await Task.Delay(Timeout.Infinite);
        GC.KeepAlive(held);
        return 0;
    }

    private static async Task HostAsync(Figures figures, string library)
    {
        string value = $"{Guid.NewGuid():N}";
        ProcessStartInfo info = new(Environment.ProcessPath!, [HostVerb, library]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        info.Environment[Variable] = value;
        using Process host = Process.Start(info)!;
        do
        {
            await Task.Delay(50);
        }
        while (InTrees(host.Id, value).Count < 3 * Trees && !host.HasExited);

        long killed = Stopwatch.GetTimestamp();
        host.Kill();
        List<int> members;
        double milliseconds;
        do
        {
            members = [.. InTrees(host.Id, value), .. Proc.With("cmdline", $"(host {host.Id})")];
            milliseconds = Stopwatch.GetElapsedTime(killed).TotalMilliseconds;
        }
        while (members.Count > 0 && milliseconds < s_patience.TotalMilliseconds);

        if (members.Count == 0)
        {
            figures.Add($"host killed with {Trees} trees of three: {library}", $"0 of {3 * Trees} left after {milliseconds:0} ms", "0 after 200 ms");
        }
        else
        {
            figures.Add($"host killed with {Trees} trees of three: {library}", $"{members.Count} of {3 * Trees} left after {s_patience.TotalSeconds} s", "");
            members.ForEach(static pid => Process.GetProcessById(pid).Kill());
        }
    }

    // By the environment that they inherited.
    private static List<int> InTrees(int host, string value) => [.. Proc.With("environ", $"{Variable}={value}").Where(pid => pid != host)];
}
