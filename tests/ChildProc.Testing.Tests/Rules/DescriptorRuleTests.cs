using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ChildProc.Testing.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Testing.Tests.Rules;

public sealed class DescriptorRuleTests
{
    private static readonly string s_file = Puppet.Path;

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_stays_open_is_reported_with_its_path()
    {
        await using LeakCheck check = Checks.Begin();
        using SafeFileHandle handle = File.OpenHandle(s_file);
        Leak leak = await check.SingleAsync(LeakKind.Descriptor);
        Assert.Equal(("CPL003", s_file, $"descriptor {handle.DangerousGetHandle()}: {s_file}"), (leak.Rule, leak.Name, leak.What));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_socket_that_stays_open_is_reported()
    {
        await using LeakCheck check = Checks.Begin();
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.StartsWith("socket:", (await check.SingleAsync(LeakKind.Descriptor)).Name, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_was_open_before_or_is_closed_again_is_not_reported()
    {
        using SafeFileHandle before = File.OpenHandle(s_file);
        await using LeakCheck check = Checks.Begin();
        File.OpenHandle(s_file).Dispose();
        await check.CleanAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_the_collector_closes_is_not_reported()
    {
        await using LeakCheck check = Checks.BeginPatient();
        Forget();
        await check.CleanAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task What_the_library_keeps_open_for_good_is_not_reported()
    {
        await using LeakCheck check = Checks.BeginPatient();
        ChildProcessHost.Refresh(); // a new guardian, with sockets of its own
        await ChildProcess.RunAsync(Puppet.Info("exit", "0"), TestContext.Current.CancellationToken);
        await check.CleanAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Pipes_of_an_undisposed_child_are_that_child_s_matter()
    {
        await using LeakCheck check = Checks.Begin();
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").Piped());
        Leak leak = await check.SingleAsync(LeakKind.Undisposed);
        Assert.Contains("open: StandardOutput", leak.What, StringComparison.Ordinal);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget() => GC.KeepAlive(File.OpenHandle(s_file));
}
