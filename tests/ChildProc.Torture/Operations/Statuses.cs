namespace ChildProc.Torture.Operations;

/// <summary>Children that end by themselves, or by one signal: the status is exact, whoever asks and how often.</summary>
internal static class Statuses
{
    internal static async Task ExitAsync(Step step)
    {
        int code = step.Below(256);
        await using IChildProcess child = await step.StartAsync(step.Puppet("exit", Step.Number(code)));
        Task<ExitStatus>[] waits = [.. Enumerable.Range(0, 1 + step.Below(4)).Select(_ => child.WaitForExitAsync().AsTask())];
        foreach (ExitStatus status in await Task.WhenAll(waits))
        {
            Step.Equal(code, status.Code, "exit code");
        }

        await child.WaitForTreeAsync();
    }

    internal static async Task SelfSignalAsync(Step step)
    {
        (string name, ChildSignal signal) = step.OneOf(
            ("KILL", ChildSignal.Kill), ("TERM", ChildSignal.Terminate), ("INT", ChildSignal.Interrupt), ("HUP", ChildSignal.Hangup),
            ("USR1", ChildSignal.User1), ("PIPE", ChildSignal.Pipe), ("ALRM", ChildSignal.Alarm));
        await using IChildProcess child = await step.StartAsync(step.Puppet("signal-self", name));
        Step.Equal(signal, (await child.WaitForExitAsync()).Signal, "signal");
    }

    internal static async Task SignalAsync(Step step)
    {
        int code = step.Below(256);
        ChildProcessStartInfo info = new(step.Puppet("seq", "trap-exit", "TERM", Step.Number(code), ",", "print", "ready", ",", "pause")) { StandardOutput = ChildStdio.Pipe };
        await using IChildProcess child = await step.StartAsync(info);
        using StreamReader reader = new(child.StandardOutput.AsStream(leaveOpen: true));
        Step.Equal("ready", await reader.ReadLineAsync(), "first line");
        if (step.Chance(50))
        {
            Step.Check(child.Signal(ChildSignal.Stop), "nobody stops");
            Step.Check(child.Signal(ChildSignal.Terminate), "nobody hears SIGTERM");
            Step.Check(child.Signal(ChildSignal.Continue), "nobody goes on");
        }
        else
        {
            Step.Check(child.Signal(ChildSignal.Terminate, step.OneOf(SignalScope.Child, SignalScope.Tree)), "nobody hears SIGTERM");
        }

        Step.Equal(code, (await child.WaitForExitAsync()).Code, "exit code");
        await child.WaitForTreeAsync();
        Step.Check(!child.Signal(ChildSignal.Terminate, SignalScope.Tree), "somebody hears SIGTERM after the end");
    }

    internal static async Task RunAsync(Step step)
    {
        int code = step.Below(256);
        PreparedCommand command = ChildProcess.Prepare(step.Puppet("exit", Step.Number(code)));
        for (int i = 1 + step.Below(20); i > 0; i--)
        {
            using IChildProcess child = command.Start();
            step.Run.CountTree();
            Step.Equal(code, child.WaitForExit().Code, "exit code");
        }
    }

    internal static async Task FailingStartAsync(Step step)
    {
        (ChildProcessStartInfo info, StartStage stage) = step.Below(3) switch
        {
            0 => (new ChildProcessStartInfo("/nonexistent/program"), StartStage.Resolve),
            1 => (new ChildProcessStartInfo("no-such-program-anywhere"), StartStage.Resolve),
            _ => (new ChildProcessStartInfo(step.Puppet("exit", "0")) { WorkingDirectory = "/nonexistent" }, StartStage.WorkingDirectory),
        };
        try
        {
            await using IChildProcess child = await step.StartAsync(info);
            throw new WrongException($"{info.FileName} started");
        }
        catch (ChildProcessStartException e)
        {
            Step.Equal(stage, e.Stage, "stage");
        }
    }
}
