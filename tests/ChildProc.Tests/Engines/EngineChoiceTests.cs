using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines;

public sealed class EngineChoiceTests
{
    [Fact(Timeout = 60_000)]
    public async Task What_the_capabilities_say_is_what_a_child_gets()
    {
        ChildProcessCapabilities capabilities = ChildProcessHost.GetCapabilities();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        Assert.Equal(capabilities.Containment, child.Containment);
        Assert.NotEmpty(capabilities.Limits);
        Assert.Equal(capabilities.HoldsWholeTree, child.Containment is Containment.Supervised or Containment.Job);
        Assert.StartsWith($"{child.Containment}: {capabilities.Engine}", capabilities.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_requires_the_whole_tree_gets_it_or_nothing_is_started()
    {
        ChildProcessStartInfo info = new(Puppet.Info("exit", "3")) { ContainmentRequirement = ContainmentRequirement.WholeTree };
        if (ChildProcessHost.GetCapabilities().HoldsWholeTree)
        {
            Assert.Equal(3, (await ChildProcess.RunAsync(info)).Status.Code);
        }
        else
        {
            await Assert.ThrowsAsync<PlatformNotSupportedException>(() => ChildProcess.RunAsync(info));
        }
    }

    [Theory]
    [InlineData(Containment.ProcessGroup)]
    [InlineData(Containment.None)]
    public async Task A_weak_containment_that_is_to_hold_the_whole_tree_is_a_contradiction(Containment containment)
    {
        ChildProcessStartInfo info = new("x") { Containment = containment, ContainmentRequirement = ContainmentRequirement.WholeTree };
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(() => ChildProcess.RunAsync(info));
        Assert.Equal(nameof(info.ContainmentRequirement), e.ParamName);
    }

    [Fact]
    public void Only_a_tree_or_a_group_can_be_the_default_of_a_host()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChildProcessHostOptions { Containment = Containment.None });
        Assert.Equal(Containment.Tree, new ChildProcessHostOptions().Containment);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_refresh_tries_the_stronger_containment_again_for_prepared_commands_too_and_tells_each_cause_once()
    {
        Assert.SkipUnless(UnderTest.HoldsWholeTree && OperatingSystem.IsLinux(), "there is no guardian under this containment, or in this build");
        TestLog log = new();
        using TemporaryDirectory directory = new();
        string path = Path.Combine(directory.Path, "guardian");
        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { GuardianPath = path, LoggerFactory = log });
        LocalChildProcessHost local = (LocalChildProcessHost)host;
        PreparedCommand command = local.Prepare(Puppet.Info("exit", "0"));

        Assert.Equal(Containment.ProcessGroup, await ContainmentAsync()); // there is nothing
        local.Refresh();
        Assert.Equal(Containment.ProcessGroup, await ContainmentAsync()); // nor is there now
        File.CreateSymbolicLink(path, "/bin/true");
        local.Refresh();
        Assert.Equal(Containment.ProcessGroup, await ContainmentAsync()); // another cause: it is no guardian
        File.Delete(path);
        File.CreateSymbolicLink(path, Puppet.GuardianPath());
        Assert.Equal(Containment.ProcessGroup, await ContainmentAsync()); // not without a refresh
        local.Refresh();
        Assert.Equal(Containment.Supervised, await ContainmentAsync());
        await Eventually.HoldsAsync(() => log.Entries.Count(static e => e.Id.Id == 10) == 2, "each cause is told once");

        async Task<Containment> ContainmentAsync()
        {
            await using IChildProcess child = await local.StartAsync(command, CancellationToken.None);
            return child.Containment;
        }
    }
}
