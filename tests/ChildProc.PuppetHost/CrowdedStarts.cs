using System.Diagnostics;
using System.Globalization;
using ChildProc;

/// <summary>Starts for which no descriptor can be sent, until the process that holds too many of them is gone: the launcher's PUPPET_HOLDER.</summary>
internal static class CrowdedStarts
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(int.Parse(Environment.GetEnvironmentVariable("CHILDPROC_TEST_START_TIMEOUT")!, CultureInfo.InvariantCulture));

    internal static async Task<int> RunAsync(string puppet, Containment containment)
    {
        ChildProcessStartInfo info = new(puppet, "exit", "5");
        await TellAsync(() => Task.FromResult(ChildProcess.Start(info)));
        await TellAsync(() => ChildProcess.StartAsync(info).AsTask());

        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { Containment = containment, StartTimeout = TimeSpan.FromHours(1) });
        using CancellationTokenSource lifetime = new();
        Task<IChildProcess> cancelled = host.StartAsync(info, lifetime.Token).AsTask();
        Console.WriteLine(cancelled.IsCompleted ? "over at once" : "waits");
        await lifetime.CancelAsync();
        await TellAsync(() => cancelled);

        Task<IChildProcess> patient = host.StartAsync(info).AsTask();
        Console.WriteLine(patient.IsCompleted ? "over at once" : "waits");
        _ = Native.Kill(int.Parse(Environment.GetEnvironmentVariable("PUPPET_HOLDER")!, CultureInfo.InvariantCulture), 9);
        await TellAsync(() => patient);
        return 0;
    }

    private static async Task TellAsync(Func<Task<IChildProcess>> start)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            await using IChildProcess child = await start();
            Console.WriteLine((await child.WaitForExitAsync()).ToString());
        }
        catch (ChildProcessStartException e)
        {
            Console.WriteLine($"{e.Stage} {e.NativeErrorCode}{(Stopwatch.GetElapsedTime(began) < s_timeout ? " early" : "")}");
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("cancelled");
        }
    }
}
