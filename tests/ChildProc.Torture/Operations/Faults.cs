using System.Diagnostics;

namespace ChildProc.Torture.Operations;

/// <summary>SIGKILL of hosts and keepers at random moments.</summary>
internal static class Faults
{
    /// <summary>Another process of this program, which starts trees, is killed while it does.</summary>
    internal static async Task KillHostAsync(Step step)
    {
        ProcessStartInfo info = new(Environment.ProcessPath!, [Victim.Verb, Step.Number(step.Below(1_000_000))]) { RedirectStandardOutput = true };
        info.Environment[Processes.MarkVariable] = step.Mark;
        using Process host = Process.Start(info)!;
        step.Run.KilledHosts.Enqueue(host.Id);
        Step.Equal("ready", await host.StandardOutput.ReadLineAsync(), "the host's line");
        await step.PauseAsync(300);
        host.Kill();
        await host.WaitForExitAsync();
        long began = Stopwatch.GetTimestamp();
        await step.NothingLeftSoonAsync();
        step.Run.HostDeaths.Enqueue(Stopwatch.GetElapsedTime(began));
        await Step.SoonAsync(() => Processes.KeepersOf(host.Id).Count == 0, () => $"keepers of a killed host: {string.Join("; ", Processes.KeepersOf(host.Id))}");
    }

    /// <summary>The guardian behind everybody's starts: no running tree notices, and the next start works.</summary>
    internal static async Task KillGuardianAsync(Step step)
    {
        await using IChildProcess child = await step.StartTreeAsync();
        if (step.Run.MayKillGuardian())
        {
            Processes.SharedGuardians().ForEach(static pid => Processes.Kill(pid));
        }


        Step.Equal(3, (await ChildProcess.RunAsync(step.Puppet("exit", "3"))).Status.Code, "exit code under the next guardian");
        step.Run.GuardianServes();
        step.Run.CountTree();
        Step.Check(!child.HasExited, $"the child ended with {child.Exit}");
        child.Kill();
        await child.WaitForTreeAsync();
        step.NothingLeft();
    }

    /// <summary>A supervisor: its tree goes with it, and the caller is told.</summary>
    internal static async Task KillSupervisorAsync(Step step)
    {
        await using IChildProcessHost host = ChildProcessHost.Create(); // its guardian is killed by nobody
        await using IChildProcess child = await step.StartTreeAsync(host);
        int supervisor = Processes.ParentOf(child.Id);
        Processes.Kill(supervisor);
        Step.Check(!(await child.WaitForExitAsync()).IsKnown, $"status {child.Exit} of a child whose supervisor was killed");
        await child.WaitForTreeAsync();
        step.NothingLeft();
        Step.Equal(4, (await host.RunAsync(step.Puppet("exit", "4"))).Status.Code, "exit code under the next supervisor");
        step.Run.CountTree();
    }
}
