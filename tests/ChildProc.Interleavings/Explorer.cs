using System.Reflection;
using System.Runtime.Loader;
using ChildProc.Engines;
using ChildProc.Events;
using ChildProc.Interleavings.Scheduling;
using ChildProc.Interleavings.Substitutes;

namespace ChildProc.Interleavings;

/// <summary>Runs one scenario under many schedules, in a world of its own: the rewritten library, and these scenarios beside it.</summary>
internal static class Explorer
{
    private static readonly Lazy<byte[]> s_library = new(static () => Rewriter.Rewrite(typeof(ChildProcess).Assembly.Location));

    private const int UsualSteps = 500;

    /// <summary>How many schedules of each scenario, and more of short ones; <c>CHILDPROC_SCHEDULES</c> says otherwise.</summary>
    internal static int Schedules { get; } = Setting("CHILDPROC_SCHEDULES", 400);

    /// <summary>The first of the seeds, each schedule has the next one; <c>CHILDPROC_SEED</c> says otherwise.</summary>
    internal static int Seed { get; } = Setting("CHILDPROC_SEED", 1);

    /// <summary>What is wrong, with the seed and the steps that lead to it; null when nothing is.</summary>
    internal static string? Explore(string scenario, out string figures)
    {
        (string? failure, int seed, long steps) = Run(scenario, Seed, Schedules, trace: false);
        figures = $"{scenario}: {seed - Seed} schedules, {steps} steps";
        if (failure is null)
        {
            return null;
        }

        (string? again, _, _) = Run(scenario, seed, 1, trace: true);
        return $"{scenario}, CHILDPROC_SEED={seed} CHILDPROC_SCHEDULES=1 (schedule {seed - Seed + 1}):\n{again ?? failure}";
    }

    private static (string? Failure, int Seed, long Steps) Run(string scenario, int seed, int schedules, bool trace)
    {
        World world = new();
        MethodInfo run = world.LoadFromAssemblyPath(typeof(Explorer).Assembly.Location).GetType(typeof(Explorer).FullName!)!
            .GetMethod(nameof(RunHere), BindingFlags.NonPublic | BindingFlags.Static)!;
        return ((string?, int, long))run.Invoke(null, [scenario, seed, schedules, trace])!;
    }

    // In the world.
    private static (string? Failure, int Seed, long Steps) RunHere(string scenario, int seed, int schedules, bool trace)
    {
        Action act = typeof(Explorer).Assembly.GetTypes().SelectMany(static type => type.GetMethods(BindingFlags.NonPublic | BindingFlags.Static))
            .Single(method => method.Name == scenario && method.DeclaringType!.Namespace!.EndsWith(".Scenarios", StringComparison.Ordinal)).CreateDelegate<Action>();
        long steps = 0;
        for (int end = seed + schedules; seed < end || (schedules > 1 && steps < (long)schedules * UsualSteps); seed++)
        {
            Forget();
            Scheduler scheduler = new(seed, trace, act);
            string? failure = scheduler.Run();
            steps += scheduler.Steps;
            if (failure is not null)
            {
                return (failure, seed, steps);
            }
        }

        return (null, seed, steps);
    }

    // So that a schedule does not depend on those before it.
    private static void Forget()
    {
        Kernel.Reset();
        const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Static;
        typeof(Reactor).GetField("s_shared", Hidden)!.SetValue(null, null);
        ((System.Collections.Concurrent.ConcurrentQueue<ReusableWait>)typeof(ReusableWait).GetField("s_free", Hidden)!.GetValue(null)!).Clear();
        typeof(ReusableWait).GetField("s_count", Hidden)!.SetValue(null, 0);
    }

    private static int Setting(string name, int standard)
        => int.TryParse(System.Environment.GetEnvironmentVariable(name), out int value) ? value : standard;

    private sealed class World : AssemblyLoadContext
    {
        protected override Assembly? Load(AssemblyName name) => name.Name switch
        {
            "ChildProc" => LoadFromStream(new MemoryStream(s_library.Value)),
            "ChildProc.Interleavings" => LoadFromAssemblyPath(typeof(Explorer).Assembly.Location),
            _ => null,
        };
    }
}
