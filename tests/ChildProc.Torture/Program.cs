using System.Diagnostics;
using ChildProc;
using ChildProc.Testing;
using ChildProc.Torture;
using ChildProc.Torture.Operations;

// Random operations on random trees from many threads, checked against an exact model: see docs/testing.md.
// The last line is "N passed, N failed"; the same seed makes every worker do the same steps again.
if (args is [Victim.Verb, { } victimSeed])
{
    await Victim.RunAsync(victimSeed);
}

Options? options = Options.Parse(args);
if (options is null || !options.Only.All(only => Operation.All.Any(o => o.Name == only)))
{
    Console.Error.WriteLine($"{Options.Usage}\noperations: {string.Join(' ', Operation.All.Select(static o => o.Name))}");
    return 64;
}

if (options.Cycles > 0)
{
    return Cycles.RunWithBudget(args) ?? Cycles.Run(options.Cycles);
}

Console.WriteLine($"--seconds {options.Seconds} --seed {options.Seed} --threads {options.Threads}");
Run run = new(options);
ChildProcessHost.Configure(new ChildProcessHostOptions { LoggerFactory = run.Log });

// What the runtime opens on first use is there before the check begins.
using (Process.Start(Run.Puppet, ["exit", "0"]))
{
    await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Run.Puppet, "exit", "0"));
}

ChildProcessCounts before = ChildProcessDiagnostics.Counts;
Step.Equal(before.Started, before.Disposed, "children disposed");
List<string> open;
await using (LeakCheck check = LeakCheck.Begin(static o => (o.TrackStacks, o.Settle) = (false, TimeSpan.FromSeconds(30))))
{
    long end = Stopwatch.GetTimestamp() + (options.Seconds * Stopwatch.Frequency);
    await Task.WhenAll(Enumerable.Range(0, options.Threads).Select(worker => Task.Run(() => Worker.RunAsync(run, worker, end))));
    open = run.Wrong.IsEmpty ? await Balance.OpenItemsAsync(run, check) : [.. run.Wrong];
    check.End();
}

foreach ((string operation, long times) in run.Done.OrderBy(static d => d.Key, StringComparer.Ordinal))
{
    Console.WriteLine($"{operation,-16} {times,8}");
}

Console.WriteLine($"{run.Trees} trees, {ChildProcessDiagnostics.Counts}, {Environment.WorkingSet / (1024 * 1024)} MB resident");
if (!run.HostDeaths.IsEmpty)
{
    TimeSpan[] deaths = [.. run.HostDeaths.Order()];
    Console.WriteLine($"{deaths.Length} hosts killed; the last process gone after {deaths[deaths.Length / 2].TotalMilliseconds:0} ms in the middle, {deaths[^1].TotalMilliseconds:0} ms at most");
}

if (open.Count > 0)
{
    await Task.Delay(TimeSpan.FromSeconds(1)); // the library logs a little later than it acts
    Console.WriteLine(string.Join('\n', run.Log.Texts.Append($"{DateTime.UtcNow:HH:mm:ss.fff} the end")));
    open.ForEach(static item => Console.WriteLine("WRONG " + item));
}

Console.WriteLine($"{run.Done.Values.Sum()} passed, {open.Count} failed");
return open.Count == 0 ? 0 : 1;
