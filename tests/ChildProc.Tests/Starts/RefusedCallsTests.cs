using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

/// <summary>
/// Sandboxes that were written before a system call was answer ENOSYS or, like Docker for years, EPERM to it
/// (moby/moby#42680). Each that the library uses has a fallback.
/// </summary>
public sealed class RefusedCallsTests
{
    private static readonly string[] s_calls = ["clone3", "pidfd_open", "pidfd_send_signal", "close_range", "memfd_create", "splice", "statx"];

    public static TheoryData<string, string> Refusals()
    {
        TheoryData<string, string> rows = [];
        foreach (string error in (string[])["ENOSYS", "EPERM"])
        {
            foreach (string calls in (string[])[.. s_calls, string.Join(',', s_calls), string.Join(',', s_calls[1..])])
            {
                rows.Add(error, calls);
            }
        }

        return rows;
    }

    [Theory(Timeout = 90_000)]
    [MemberData(nameof(Refusals))]
    public async Task A_refused_call_changes_no_result(string error, string calls)
    {
        await SkipWhereNoHostStartsAsync(error, calls);
        Assert.Equal((0, "whole"), await HostProcess.RunAsync(["refuse", error, calls], "round"));
    }

    [Theory(Timeout = 90_000)]
    [MemberData(nameof(Refusals))]
    public async Task A_refused_call_keeps_no_tree_alive(string error, string calls)
    {
        await SkipWhereNoHostStartsAsync(error, calls);
        using Marker marker = Marker.Create();
        using HostProcess host = HostProcess.Start(["refuse", error, calls], marker, "trees", "4", "flat", "6", "3");
        Assert.Equal("ready", await host.LineAsync());
        List<int> keepers = Keepers.OfHost(host.Id);
        Assert.NotEmpty(keepers);
        host.Kill();
        await Eventually.HoldsAsync(() => marker.Survivors().Count == 0 && !keepers.Exists(Keepers.IsAlive), "trees and keepers go");
    }

    [Theory(Timeout = 60_000)]
    [InlineData("ENOSYS")]
    [InlineData("EPERM")] // here a host on glibc 2.34 or later does not even start, but its keepers would
    public async Task Keepers_and_children_need_none_of_these_calls(string error)
    {
        await SkipWithoutFiltersAsync();
        using GuardianScript guardian = new($"'{Puppet.Path}' refuse {error} {string.Join(',', s_calls)} '{Puppet.GuardianPath()}'");
        Assert.Equal((0, "whole"), await HostProcess.RunAsync([], "round", guardian.Path));
    }

    private static async Task SkipWithoutFiltersAsync()
    {
        Requires.Keepers();
        int code = await HostProcess.TryAsync(["refuse", "ENOSYS", "pidfd_open"]);
        Assert.SkipWhen(code == 77, "no permission to install a seccomp filter");
    }

    private static async Task SkipWhereNoHostStartsAsync(string error, string calls)
    {
        const int UnknownVerb = 64;
        Requires.Keepers();
        int code = await HostProcess.TryAsync(["refuse", error, calls]);
        Assert.SkipWhen(code == 77, "no permission to install a seccomp filter");
        bool isTheRuntimesOwn = error == "EPERM" && calls.Contains("clone3", StringComparison.Ordinal);
        Assert.SkipWhen(isTheRuntimesOwn && code != UnknownVerb, "this C library makes threads with clone3, so no .NET program starts without it");
        Assert.Equal(UnknownVerb, code);
    }
}
