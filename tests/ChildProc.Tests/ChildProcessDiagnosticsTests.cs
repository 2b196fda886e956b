using System.Runtime.CompilerServices;
using ChildProc.Testing.Xunit;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests;

[Collection("Stacks are switched off and on")]
public sealed class ChildProcessDiagnosticsTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_child_is_in_the_ledger_from_its_start_to_its_disposal()
    {
        IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").Piped());
        ChildProcessEntry entry = Assert.Single(Entries(child));
        Assert.Equal((Puppet.Path, child.StartTime, child.Containment), (entry.FileName, entry.StartTime, entry.Containment));
        Assert.Equal(["pause"], entry.Arguments);
        Assert.True(entry is { HasOwner: true, HasExited: false, IsTreeEmpty: false });
        Assert.Equal(StandardStreams.StandardOutput, entry.OpenStreams);
        Assert.Equal([child.Id], entry.GetProcessIds());
        Assert.Contains("pause (running", entry.ToString(), StringComparison.Ordinal);

        child.Kill();
        await child.WaitForTreeAsync();
        Assert.True(Assert.Single(Entries(child)) is { HasOwner: true, HasExited: true, IsTreeEmpty: true });
        await child.DisposeAsync();
        Assert.Empty(Entries(child));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_descriptors_of_a_child_are_open_and_none_of_those_that_the_library_keeps()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause").Piped());
        IReadOnlyList<int> own = Assert.Single(Entries(child)).Descriptors, kept = [];
        await Eventually.HoldsAsync(
            () =>
            {
                kept = ChildProcessDiagnostics.GetKeptDescriptors();
                return !own.Concat(kept).Select(Target).Contains(""); // a host of another test may close its own in this moment
            },
            "all are open");
        Assert.NotEmpty(own);
        Assert.Empty(own.Intersect(kept));
        Assert.Contains(own, static d => Target(d).StartsWith("pipe:", StringComparison.Ordinal));
        Assert.Contains(kept, static d => Target(d) == "anon_inode:[eventpoll]");
    }

    [Fact(Timeout = 60_000)]
    [AllowLeaks("to drop a child is the point")]
    public async Task A_child_that_was_dropped_is_in_the_ledger_as_such()
    {
        (int Id, DateTimeOffset StartTime) dropped = await DropAsync();
        ChildProcessEntry? entry = null;
        await Eventually.HoldsAfterCollectionAsync(
            () =>
            {
                entry = ChildProcessDiagnostics.GetDropped().SingleOrDefault(e => (e.Id, e.StartTime) == dropped);
                return entry is not null;
            },
            "the dropped child is noted");
        Assert.Equal((Puppet.Path, false), (entry!.FileName, entry.HasOwner));
        Assert.DoesNotContain(ChildProcessDiagnostics.GetChildren(), e => (e.Id, e.StartTime) == dropped && e.HasOwner);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_tag_marks_the_children_of_its_flow_and_no_others()
    {
        object tag = new();
        object? outer = ChildProcessDiagnostics.StartTag;
        await using IChildProcess before = await ChildProcess.StartAsync(Puppet.Info("pause"));
        ChildProcessDiagnostics.StartTag = tag;
        await Task.Yield();
        await using IChildProcess within = await ChildProcess.StartAsync(Puppet.Info("pause"));
        ChildProcessDiagnostics.StartTag = outer;
        await using IChildProcess after = await ChildProcess.StartAsync(Puppet.Info("pause"));
        Assert.Equal([outer, tag, outer], new[] { before, within, after }.Select(static c => Assert.Single(Entries(c)).StartTag));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_stack_of_a_start_is_noted_when_it_is_asked_for()
    {
        Assert.True(ChildProcessDiagnostics.TrackStacks); // the check around this test asks for them
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        Assert.Contains(nameof(The_stack_of_a_start_is_noted_when_it_is_asked_for), Assert.Single(Entries(child)).StartStack, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_child_that_was_started_is_disposed_finalized_or_owned_and_its_stack_is_not_noted_unasked()
    {
        (_, string output) = await HostProcess.RunAsync([], "ledger-counts");
        Assert.Equal("9 started, 8 exited, 5 disposed, 3 finalized, 1 owned, 3 dropped, 0 stacks", output);
    }

    private static IEnumerable<ChildProcessEntry> Entries(IChildProcess child)
        => ChildProcessDiagnostics.GetChildren().Where(e => e.Id == child.Id && e.StartTime == child.StartTime);

    private static string Target(int descriptor) => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget ?? "";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(int Id, DateTimeOffset StartTime)> DropAsync()
    {
        IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        return (child.Id, child.StartTime);
    }
}
