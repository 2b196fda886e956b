namespace ChildProc.Torture.Operations;

/// <summary>Something to do, and how often it is chosen beside the others.</summary>
internal sealed record Operation(string Name, int Weight, Func<Step, Task> RunAsync)
{
    internal static Operation[] All { get; } =
    [
        new("exit", 10, Statuses.ExitAsync),
        new("self-signal", 6, Statuses.SelfSignalAsync),
        new("signal", 8, Statuses.SignalAsync),
        new("prepared", 4, Statuses.RunAsync),
        new("failing-start", 4, Statuses.FailingStartAsync),
        new("echo", 6, Streams.EchoAsync),
        new("pipes", 6, Streams.PipesAsync),
        new("lines", 4, Streams.LinesAsync),
        new("unread", 4, Streams.UnreadAsync),
        new("pipeline", 4, Streams.PipelineAsync),
        new("terminal", 4, Streams.TerminalAsync),
        new("kill", 8, Endings.KillAsync),
        new("stop", 8, Endings.StopAsync),
        new("dispose", 8, Endings.DisposeAsync),
        new("cancel", 8, Endings.CancelAsync),
        new("drop", 6, Endings.DropAsync),
        new("release", 3, Endings.ReleaseAsync),
        new("host-disposal", 3, Endings.HostDisposalAsync),
        new("kill-host", 1, Faults.KillHostAsync),
        new("kill-guardian", 2, Faults.KillGuardianAsync),
        new("kill-supervisor", 3, Faults.KillSupervisorAsync),
    ];

    internal static Operation Choose(Random random, string[] only)
    {
        Operation[] choices = only.Length == 0 ? All : Array.FindAll(All, o => only.Contains(o.Name));
        int left = random.Next(choices.Sum(static o => o.Weight));
        return choices.First(o => (left -= o.Weight) < 0);
    }
}
