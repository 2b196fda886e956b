using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

public sealed class ProcessLimitTests
{
    private const int EAGAIN = 11;

    [Fact(Timeout = 60_000)]
    public async Task A_start_for_which_the_system_has_no_process_left_is_told_so_and_later_ones_work()
    {
        Requires.Keepers();
        await using ProcessCountLimit limit = ProcessCountLimit.Create();
        await using IChildProcessHost host = TestHost.Create(); // gone before the group
        await host.RunAsync(Puppet.Info("exit", "0"));
        int guardian = Keepers.GuardianOf(host);
        Assert.True(guardian > 1); // 0 would be this very process
        List<int> keepers = [guardian, .. ProcFile.Children(guardian)];
        keepers.ForEach(limit.Add);
        limit.Forbid();

        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => host.RunAsync(Puppet.Info("exit", "0")));
        Assert.Equal((StartStage.Containment, EAGAIN), (e.Stage, e.NativeErrorCode));

        limit.Allow();
        Assert.Equal(5, (await host.RunAsync(Puppet.Info("exit", "5"))).Status.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_its_limits_kill_at_its_exec_hangs_nobody()
    {
        ChildProcessStartInfo info = new(Puppet.Info("exit", "0")) { Limits = [new ResourceLimit(ResourceLimitKind.AddressSpace, 4096, 4096)] };
        await using IChildProcess child = await ChildProcess.StartAsync(info);
        Assert.NotNull((await child.WaitForExitAsync()).Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_wishes_the_child_has_the_hosts_limits()
    {
        Dictionary<string, string> report = await Puppet.ReportAsync(Puppet.Info("attrs"));
        string[] limits = await File.ReadAllLinesAsync("/proc/self/limits", TestContext.Current.CancellationToken);
        foreach ((string name, string title) in new[] { ("nofile", "Max open files"), ("nproc", "Max processes"), ("core", "Max core file size"), ("stack", "Max stack size") })
        {
            string[] values = Array.Find(limits, l => l.StartsWith(title, StringComparison.Ordinal))![title.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal($"{values[0]}/{values[1]}", report[name]);
        }
    }
}
