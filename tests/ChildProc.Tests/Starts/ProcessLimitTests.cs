using System.Globalization;
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
        string group = "/sys/fs/cgroup/pids/childproc-" + Guid.NewGuid().ToString("N");
        try
        {
            Directory.CreateDirectory(group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip("no pids controller of cgroup v1 that may be written: " + e.Message);
        }

        IChildProcessHost host = TestHost.Create();
        try
        {
            await host.RunAsync(Puppet.Info("exit", "0"));
            int guardian = Keepers.GuardianOf(host);
            Assert.True(guardian > 1); // 0 would be this very process
            List<int> keepers = [guardian, .. ProcFile.Children(guardian)];
            keepers.ForEach(pid => File.WriteAllText(group + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture)));
            await File.WriteAllTextAsync(group + "/pids.max", "1", TestContext.Current.CancellationToken);

            ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => host.RunAsync(Puppet.Info("exit", "0")));
            Assert.Equal((StartStage.Containment, EAGAIN), (e.Stage, e.NativeErrorCode));

            await File.WriteAllTextAsync(group + "/pids.max", "max", TestContext.Current.CancellationToken);
            Assert.Equal(5, (await host.RunAsync(Puppet.Info("exit", "5"))).Status.Code);
        }
        finally
        {
            await host.DisposeAsync();
            await Eventually.HoldsAsync(() => File.ReadAllText(group + "/cgroup.procs").Length == 0, "the keepers go");
            await Eventually.HoldsAsync(
                () =>
                {
                    try
                    {
                        Directory.Delete(group);
                        return true;
                    }
                    catch (IOException)
                    {
                        return false; // zombies that init has not buried yet
                    }
                },
                "the group is empty");
        }
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
