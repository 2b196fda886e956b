using System.Runtime.CompilerServices;

namespace ChildProc.Torture.Operations;

/// <summary>Every way to end a tree leaves nothing of it.</summary>
internal static class Endings
{
    internal static async Task KillAsync(Step step)
    {
        await using IChildProcess child = await step.StartTreeAsync();
        await step.PauseAsync(10);
        await Task.WhenAll(Enumerable.Range(0, 1 + step.Below(4)).Select(_ => Task.Run(child.Kill)));
        await child.WaitForTreeAsync();
        step.NothingLeft();
        Step.Equal(ChildSignal.Kill, (await child.WaitForExitAsync()).Signal, "signal");
    }

    internal static async Task StopAsync(Step step)
    {
        await using IChildProcess child = await step.StartTreeAsync();
        StopPolicy policy = step.Chance(20)
            ? StopPolicy.Kill
            : new(step.OneOf(ChildSignal.Terminate, ChildSignal.Interrupt, ChildSignal.Quit), TimeSpan.FromMilliseconds(step.Below(60)), step.OneOf(SignalScope.Child, SignalScope.Tree));
        using CancellationTokenSource cut = new();
        if (step.Chance(30))
        {
            cut.CancelAfter(step.Below(20));
        }

        try
        {
            ExitStatus status = await child.StopAsync(policy, cut.Token);
            Step.Check(status.Signal is { } signal && (signal == policy.Signal || signal == ChildSignal.Kill), $"ended with {status} by {policy}");
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            // the grace was cut short; the tree is empty all the same
        }

        step.NothingLeft();
    }

    internal static async Task DisposeAsync(Step step)
    {
        IChildProcess child = await step.StartTreeAsync();
        await step.PauseAsync(10);
        bool blocking = step.Chance(50);
        await Task.WhenAll(Enumerable.Range(0, 1 + step.Below(4)).Select(_ => Task.Run(async () =>
        {
            if (blocking)
            {
                child.Dispose();
            }
            else
            {
                await child.DisposeAsync();
            }

            step.NothingLeft();
        })));
        Step.Equal(ChildSignal.Kill, child.Exit?.Signal, $"signal of {child.Id}, which ended with {child.Exit}");
    }

    /// <summary>The lifetime ends before, during or after the start, or when the child has ended already.</summary>
    internal static async Task CancelAsync(Step step)
    {
        using CancellationTokenSource lifetime = new();
        bool endsItself = step.Chance(30);
        int code = step.Below(256);
        ChildProcessStartInfo info = new(endsItself ? step.Puppet("exit", Step.Number(code)) : step.Puppet("seq", "daemon", "pause", ",", "ignore", "TERM", ",", "pause"))
        {
            Stop = new StopPolicy(ChildSignal.Terminate, TimeSpan.FromMilliseconds(step.Below(30))),
        };
        lifetime.CancelAfter(TimeSpan.FromMilliseconds(step.Below(15)));
        try
        {
            await using IChildProcess child = await ChildProcess.StartAsync(info, lifetime.Token);
            step.Run.CountTree();
            ExitStatus status = await child.WaitForExitAsync();
            Step.Check(endsItself && status.Code == code, $"ended with {status}, and no word of the cancellation");
        }
        catch (OperationCanceledException)
        {
            Step.Check(lifetime.IsCancellationRequested, "cancelled, and nobody did");
            step.NothingLeft();
        }
    }

    /// <summary>Nobody keeps the child object; the end of the run waits until the collector has seen it.</summary>
    internal static async Task DropAsync(Step step)
    {
        await ForgetAsync(step);
        step.Run.CountDropped();
        if (step.Chance(20))
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>A leftover that is let go lives on, and somebody waits for it when it ends.</summary>
    internal static async Task ReleaseAsync(Step step)
    {
        ChildProcessStartInfo info = new(step.Puppet("seq", "fork", "1", "pause", ",", "print", "ready", ",", "exit", "0"))
        {
            StandardOutput = ChildStdio.Pipe,
            DrainTimeout = TimeSpan.Zero,
            Leftovers = Leftovers.Release,
        };
        await using (IChildProcess child = await step.StartAsync(info))
        {
            await child.WaitForExitAsync();
        }

        List<string> left = Processes.Marked(step.Mark);
        Step.Equal(1, left.Count, "leftovers");
        int pid = int.Parse(left[0].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Step.Check(Processes.Kill(pid), "the leftover is gone");
        await Step.SoonAsync(() => !Directory.Exists($"/proc/{Step.Number(pid)}"), () => "the leftover is not reaped");
    }

    internal static async Task HostDisposalAsync(Step step)
    {
        IChildProcessHost host = ChildProcessHost.Create();
        List<IChildProcess> children = [];
        for (int i = 1 + step.Below(4); i > 0; i--)
        {
            children.Add(await step.StartTreeAsync(host));
        }

        await host.DisposeAsync();
        step.NothingLeft();
        foreach (IChildProcess child in children)
        {
            Step.Equal(ChildSignal.Kill, child.Exit?.Signal, $"signal of {child.Id}, which ended with {child.Exit}");
            await child.DisposeAsync();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ForgetAsync(Step step) => await step.StartTreeAsync();
}
