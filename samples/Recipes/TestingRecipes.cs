using ChildProc;
using ChildProc.Testing;
// <assembly>
using ChildProc.Testing.Xunit;

[assembly: AssertNoLeaks]
// </assembly>

namespace Recipes;

/// <summary>Leak checks and helper programs of tests.</summary>
internal static class TestingRecipes
{
    public static async Task VerifyAsync()
    {
        // <verify>
        await using LeakCheck leaks = LeakCheck.Begin(o => o.Settle = TimeSpan.FromSeconds(1));

        await ChildProcess.RunAsync(new("echo", "code under test"));

        await leaks.VerifyAsync();      // throws LeakException: what, how old, started where, and what to do about it
        // </verify>
    }

    public static async Task InspectAsync()
    {
        // <inspect>
        await using LeakCheck leaks = LeakCheck.Begin(o => o.Settle = TimeSpan.Zero);
        IChildProcess forgotten = await ChildProcess.StartAsync(new("sleep", "60"));

        LeakReport report = await leaks.InspectAsync();     // throws nothing
        Leak leak = report.Leaks[0];                        // CPL007 Undisposed: child 4711 sleep 60 (running, ...
        // </inspect>

        Check.Equal(LeakKind.Undisposed, leak.Kind);
        await forgotten.DisposeAsync();
    }

    public static async Task IgnoreAsync()
    {
        // <ignore>
        await using LeakCheck leaks = LeakCheck.Begin(o =>
        {
            o.Ignore(Leak.Process(comm: "gpg-agent"), because: "gpg leaves its agent to the next one");
            o.Ignore(Leak.Descriptor("/var/log/*"), because: "the log is opened once");
        });
        // </ignore>
    }

    public static Task GrowthAsync()
    {
        // <growth>
        LeakCheck.Growth(warmup: 3, runs: 5, () => ChildProcess.Start(new("true")).Dispose());
        // </growth>

        return Task.CompletedTask;
    }

    public static async Task HelperAsync()
    {
        string file = Path.GetFullPath("server.ready");

        // <helper>
        await using TestChild server = await TestChild.StartAsync(
            new("sh", "-c", "echo listening; touch server.ready; exec sleep 60"),
            Readiness.Line("listening"),
            deadline: TimeSpan.FromSeconds(10));

        await server.WaitAsync(Readiness.File("server.ready"));     // also: TcpPort(8080), Probe("...", async _ => ...)
        // </helper>

        Check.That(File.Exists(file));
        Check.Equal("listening", server.Output);
        File.Delete(file);
    }

    public static async Task LedgerAsync()
    {
        // <ledger>
        ChildProcessDiagnostics.TrackStacks = true;
        await using IChildProcess child = await ChildProcess.StartAsync(new("sleep", "60"));

        foreach (ChildProcessEntry entry in ChildProcessDiagnostics.GetChildren())
            Console.WriteLine($"{entry}\n{entry.StartStack}");      // 4711 sleep 60 (running, started 0.0 s ago)

        ChildProcessCounts counts = ChildProcessDiagnostics.Counts; // started = disposed + finalized + those with an owner
        // </ledger>

        ChildProcessDiagnostics.TrackStacks = false;
        Check.That(counts.Started > counts.Disposed);
    }
}
