using System.Runtime.InteropServices;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Supervised;

public sealed class GuardianImageTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_guardian_of_ones_own_on_disk_serves()
    {
        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { GuardianPath = Puppet.GuardianPath() });
        Assert.Equal(4, (await host.RunAsync(Puppet.Info("exit", "4"))).Status.Code);
        Assert.SkipUnless(Keepers.CanBeLookedInto, "only who may trace them may look into the keepers");
        await using IChildProcess child = await host.StartAsync(Puppet.Info("pause"));
        Assert.Equal(Puppet.GuardianPath(), new FileInfo($"/proc/{Keepers.SupervisorOf(child)}/exe").LinkTarget);
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_memfds_it_is_a_file_that_is_gone_again_when_it_runs()
    {
        Requires.Keepers();
        const string Switch = "ChildProc.Guardian.UseFile";
        AppContext.SetSwitch(Switch, true);
        try
        {
            await using IChildProcessHost host = TestHost.Create();
            Assert.Equal(4, (await host.RunAsync(Puppet.Info("exit", "4"))).Status.Code);
            Assert.SkipUnless(Keepers.CanBeLookedInto, "only who may trace them may look into the keepers");
            string? program = new FileInfo($"/proc/{Keepers.GuardianOf(host)}/exe").LinkTarget;
            Assert.DoesNotContain("memfd:", program, StringComparison.Ordinal);
            Assert.EndsWith("(deleted)", program, StringComparison.Ordinal);
        }
        finally
        {
            AppContext.SetSwitch(Switch, false);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guardian_that_finds_no_subreapers_says_so_on_arm64_as_well()
    {
        // qemu-user has none (as of 7.2), and the message of the arm64 guardian comes over the same sockets.
        const string Emulator = "/usr/bin/qemu-aarch64-static";
        string arm64 = Puppet.GuardianPath(Architecture.Arm64);
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "this is no x64, which an emulator would be for");
        Assert.SkipUnless(File.Exists(Emulator), $"there is no {Emulator}");
        Assert.SkipUnless(File.Exists(arm64), "the build found no gcc-aarch64-linux-gnu for a guardian for arm64");
        using GuardianScript script = new($"{Emulator} '{arm64}'");
        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { GuardianPath = script.Path });
        ChildProcessStartInfo info = new(Puppet.Info("exit", "4")) { ContainmentRequirement = ContainmentRequirement.WholeTree };
        Exception? e = await Record.ExceptionAsync(() => host.RunAsync(info));
        Assert.SkipWhen(e is null, "this emulator has subreapers");
        Assert.Contains("child subreapers", Assert.IsType<PlatformNotSupportedException>(e).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guardian_that_cannot_be_started_is_told_as_such()
    {
        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { GuardianPath = "/nonexistent/guardian" });
        ChildProcessStartInfo whole = new(Puppet.Info("exit", "4")) { ContainmentRequirement = ContainmentRequirement.WholeTree };
        PlatformNotSupportedException e = await Assert.ThrowsAsync<PlatformNotSupportedException>(() => host.RunAsync(whole));
        Assert.Contains("/nonexistent/guardian", e.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/nonexistent/guardian")]
    [InlineData("/bin/true")] // a program that is no guardian: it ends without a word
    public async Task Without_a_guardian_children_are_plain_ones_in_groups_of_their_own_and_that_is_logged_once(string path)
    {
        TestLog log = new();
        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { GuardianPath = path, LoggerFactory = log });
        for (int i = 0; i < 3; i++)
        {
            await using IChildProcess child = await host.StartAsync(Puppet.Info("exit", "4"));
            Assert.Equal((Containment.ProcessGroup, 4), (child.Containment, (await child.WaitForExitAsync()).Code));
        }

        await Eventually.HoldsAsync(() => log.Has(10) && log.Has(12), "both are logged");
        Assert.Equal((1, 1), (log.Entries.Count(static e => e.Id.Id == 10), log.Entries.Count(static e => e.Id.Id == 12)));
    }
}
