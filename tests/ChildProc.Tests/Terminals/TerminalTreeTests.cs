using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Terminals;

/// <summary>A terminal changes nothing about trees, threads and descriptors.</summary>
public sealed class TerminalTreeTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_tree_is_killed_with_its_daemons()
    {
        using Marker marker = Marker.Create();
        await using (IChildProcess child = await ChildProcess.StartAsync(marker.Mark(
            Puppet.Seq("ignore", "HUP", ",", Puppet.Daemon, "pause", ",", "setpgid-fork", "pause", ",", "print", "ready", ",", "pause").AtTerminal())))
        {
            await new Screen(child.Terminal!).ExpectAsync("ready");
            Assert.NotEmpty(child.GetDescendantIds());
        }

        marker.AssertGone();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_hundred_terminals_add_no_thread_and_leave_no_descriptor()
    {
        const int Count = 100;
        await (await ChildProcess.StartAsync(Puppet.Info("exit", "0"))).DisposeAsync(); // guardian and reactor are there
        List<IChildProcess> children = [];
        try
        {
            for (int i = 0; i < Count; i++)
            {
                children.Add(await ChildProcess.StartAsync(new ChildProcessStartInfo("cat").AtTerminal(new TerminalOptions { Mode = TerminalMode.CookedWithoutEcho })));
            }

            Screen[] screens = [.. children.Select(static c => new Screen(c.Terminal!))];
            await Task.WhenAll(screens.Select(static (s, i) => s.TypeAsync($"number {i}.\n")));
            await Task.WhenAll(screens.Select(static (s, i) => s.ExpectAsync($"number {i}.\r\n")));
            Assert.Equal(1, Directory.EnumerateDirectories("/proc/self/task").Count(static t => File.ReadAllText(t + "/comm").StartsWith("ChildProc react", StringComparison.Ordinal)));
            Assert.True(Masters() >= 2 * Count);
            Assert.InRange(Directory.GetDirectories("/proc/self/task").Length, 1, 60); // the runtime's own, other tests included
        }
        finally
        {
            await Task.WhenAll(children.Select(static c => c.DisposeAsync().AsTask()));
        }

        await Eventually.HoldsAsync(static () => Masters() < Count, "the terminals are closed"); // other tests may have some
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failed_start_leaves_no_terminal()
    {
        await using IChildProcessHost host = TestHost.Create();
        ChildProcessStartInfo info = new ChildProcessStartInfo("/nonexistent").AtTerminal();
        int before = Masters();
        for (int i = 0; i < 50; i++)
        {
            await Assert.ThrowsAsync<ChildProcessStartException>(async () => await host.StartAsync(info));
        }

        Assert.InRange(Masters(), 0, before + 40); // other tests may have some; these would be a hundred
    }

    [Fact(Timeout = 60_000)]
    public async Task A_prepared_command_gets_a_new_terminal_each_time()
    {
        PreparedCommand command = ChildProcess.Prepare(Puppet.Info("fds").AtTerminal());
        await using IChildProcess first = await command.StartAsync();
        await using IChildProcess second = command.Start();
        Assert.NotEqual(await new Screen(first.Terminal!).EndAsync(), await new Screen(second.Terminal!).EndAsync());
    }

    private static int Masters()
        => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(static f => new FileInfo(f).LinkTarget?.EndsWith("/ptmx", StringComparison.Ordinal) == true);
}
