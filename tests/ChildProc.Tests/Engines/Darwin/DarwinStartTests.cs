using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>What a start does, in which order, and that nothing is left of one that fails.</summary>
public sealed class DarwinStartTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_child_runs_only_when_its_exit_is_told_and_the_watchdog_knows_it()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start();
        bench.InOrder("spawn /bin/program", $"watch {tree.Id}", "spawn /bin/sh", $"write +-{tree.Id}", $"kill {tree.Id} 19");
        Assert.Equal(ScriptedProcess.ProcessState.Running, bench.Kernel[tree.Id].State);
        tree.Kill();
        await DarwinBench.EndOf(tree);
        bench.InOrder($"write --{tree.Id}", $"wait {tree.Id}"); // forgotten before the number is free
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task The_child_gets_its_arguments_its_directory_and_a_group_of_its_own()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info("a", "", "ü")) { WorkingDirectory = "/work", ArgumentZero = "zero" });
        ScriptedProcess child = bench.Kernel[tree.Id];
        Assert.Equal(["zero", "a", "", "ü"], child.Arguments);
        Assert.Equal("/work", child.Directory);
        Assert.Equal(tree.Id, child.Group);
        await End(tree);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_inherits_the_three_streams_and_what_is_named_and_nothing_else()
    {
        await using DarwinBench bench = new();
        bench.Kernel.OpenAt(7, "named");
        bench.Kernel.OpenAt(8, "leaked by the host", closeOnExec: false);
        using SafeFileHandle seven = new(7, ownsHandle: false);
        DarwinTree tree = bench.Start(new("/bin/program") { InheritedHandles = new Dictionary<int, System.Runtime.InteropServices.SafeHandle> { [5] = seven } });
        Assert.Equal("0 terminal, 1 terminal, 2 terminal, 5 named", Files(bench.Kernel[tree.Id]));
        await End(tree);
        bench.Kernel.CloseAt(7);
        bench.Kernel.CloseAt(8);
    }

    [Fact(Timeout = 60_000)]
    public async Task Handles_reach_their_numbers_though_sources_are_among_the_targets()
    {
        await using DarwinBench bench = new();
        string[] names = ["in", "out", "err", "three", "four", "five", "six"];
        for (int i = 0; i < names.Length; i++)
        {
            bench.Kernel.OpenAt(i, names[i]);
        }

        SafeFileHandle[] handles = [.. names.Select(static (_, i) => new SafeFileHandle(i, ownsHandle: false))];
        DarwinTree tree = bench.Start(new("/bin/program")
        {
            StandardOutput = ChildStdio.Handle(handles[2]), // 1 and 2 change places
            StandardError = ChildStdio.Handle(handles[1]),
            InheritedHandles = new Dictionary<int, System.Runtime.InteropServices.SafeHandle>
            {
                [3] = handles[3], // stays, and has close-on-exec
                [4] = handles[5], // 5 to 4 and 4 to 6
                [6] = handles[4],
                [9] = handles[3], // and once more elsewhere
            },
        });
        Assert.Equal("0 in, 1 err, 2 out, 3 three, 4 five, 6 four, 9 three", Files(bench.Kernel[tree.Id]));
        await End(tree);
        for (int i = 3; i < names.Length; i++)
        {
            bench.Kernel.CloseAt(i);
        }
    }

    [Fact]
    public void A_source_that_is_in_the_way_goes_to_a_number_that_is_no_target()
    {
        ScriptedKernel kernel = new();
        kernel.OpenAt(3, "three");
        kernel.OpenAt(4, "four");
        List<SpawnAction> actions = [];
        List<DarwinDescriptor> moved = [];
        Assert.Equal(0, DescriptorPlan.Make(kernel, [(3, 4), (4, 3), (3, 5), (0, 0)], [6, 7], actions, moved)); // 5 to 7 are free in the host
        int[] from = [.. actions.Where(static a => a.Kind == SpawnActionKind.Duplicate).Select(static a => a.Source)];
        Assert.Equal([8, 9, 8], from);
        Assert.Contains(new SpawnAction(SpawnActionKind.Inherit, 0, 0), actions);
        Assert.Equal([6, 7], actions.Where(static a => a.Kind == SpawnActionKind.Null).Select(static a => a.Target));
        moved.ForEach(static descriptor => descriptor.Dispose());
        Assert.Equal(2, kernel.OpenDescriptors.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stream_that_the_host_has_closed_is_the_null_device()
    {
        await using DarwinBench bench = new();
        bench.Kernel.CloseAt(0);
        bench.Kernel.CloseAt(2);
        DarwinTree tree = bench.Start(new("/bin/program") { StandardOutput = ChildStdio.Pipe }); // the pipe gets those numbers
        Assert.Equal("0 /dev/null, 1 pipe, 2 /dev/null", Files(bench.Kernel[tree.Id]));
        await End(tree);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_library_opens_never_passes_for_a_stream_that_the_host_has_closed()
    {
        await using DarwinBench bench = new();
        bench.Kernel.CloseAt(0);
        bench.Kernel.CloseAt(1);
        DarwinTree first = bench.Start(new("/bin/program") { StandardError = ChildStdio.Pipe }); // and the watchdog's pipe
        DarwinTree second = bench.Start(new("/bin/program"));
        Assert.Equal("0 /dev/null, 1 /dev/null, 2 terminal", Files(bench.Kernel[second.Id]));
        await End(first);
        await End(second);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_spawn_in_the_middle_of_a_pipe_inherits_none_of_its_ends()
    {
        await using DarwinBench bench = new();
        DarwinTree first = bench.Start();
        DarwinTree? racing = null;
        bench.Kernel.Before("setfd", () => racing = bench.Start());
        DarwinTree second = bench.Start(new(DarwinBench.Info()) { StandardOutput = ChildStdio.Pipe });
        Assert.Equal("0 /dev/null, 1 /dev/null, 2 /dev/null", Files(bench.Kernel[racing!.Id]));
        await End(first);
        await End(racing);
        await End(second);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_interrupted_spawn_and_a_full_process_table_are_tried_again()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Fail("spawn /bin/program", DarwinAbi.EINTR, DarwinAbi.EAGAIN, DarwinAbi.EINTR, DarwinAbi.ETXTBSY, 0);
        DarwinTree tree = bench.Start();
        Assert.Equal(5, bench.Kernel.CallsNow.Count(static call => call == "spawn /bin/program"));
        await End(tree);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(DarwinAbi.EAGAIN, StartStage.Execute)]
    [InlineData(DarwinAbi.EINTR, StartStage.Execute)]
    [InlineData(DarwinAbi.ENOMEM, StartStage.Execute)]
    [InlineData(DarwinAbi.ENOEXEC, StartStage.Execute)]
    [InlineData(DarwinAbi.E2BIG, StartStage.Execute)]
    [InlineData(DarwinAbi.EBADF, StartStage.Handles)]
    [InlineData(DarwinAbi.EMFILE, StartStage.StandardStreams)]
    public async Task A_spawn_that_fails_for_good_says_why_after_a_bounded_number_of_tries(int error, StartStage stage)
    {
        await using DarwinBench bench = new();
        bench.Kernel.Fail("spawn /bin/program", [.. Enumerable.Repeat(error, 500)]);
        ChildProcessStartException e = bench.Fails(new(DarwinBench.Info()) { StandardOutput = ChildStdio.Pipe });
        Assert.Equal((stage, error), (e.Stage, e.NativeErrorCode));
        Assert.InRange(bench.Kernel.CallsNow.Count(static call => call.StartsWith("spawn", StringComparison.Ordinal)), 1, 110);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(new[] { DarwinAbi.ENOENT, 0 }, null, 0)] // the second is it
    [InlineData(new[] { DarwinAbi.EACCES, 0 }, null, 0)]
    [InlineData(new[] { DarwinAbi.ENOTDIR, DarwinAbi.ELOOP }, StartStage.Resolve, DarwinAbi.ENOTDIR)] // the first one's reason
    [InlineData(new[] { DarwinAbi.ESTALE, DarwinAbi.ETIMEDOUT }, StartStage.Resolve, DarwinAbi.ESTALE)]
    [InlineData(new[] { DarwinAbi.EACCES, DarwinAbi.ENOENT }, StartStage.Execute, DarwinAbi.EACCES)] // sticky
    [InlineData(new[] { DarwinAbi.ENOEXEC, 0 }, StartStage.Execute, DarwinAbi.ENOEXEC)] // no shell, and no other candidate
    [InlineData(new[] { DarwinAbi.EIO, 0 }, StartStage.Execute, DarwinAbi.EIO)]
    public async Task Candidates_follow_the_rules_of_execvp(int[] errors, StartStage? stage, int error)
    {
        await using DarwinBench bench = new();
        foreach ((string path, int i) in new[] { "/one/tool", "/two/tool" }.Select(static (path, i) => (path, i)))
        {
            bench.Kernel.Unexecutable[path] = errors[i];
            bench.Kernel.Inaccessible[path] = errors[i] == DarwinAbi.EACCES ? 0 : errors[i]; // there, but not executable
        }

        ChildProcessStartInfo info = new(DarwinBench.Info()) { FileName = "tool", Environment = new Dictionary<string, string?> { ["PATH"] = "/one:relative::/two" } };
        if (stage is null)
        {
            DarwinTree tree = bench.Start(info);
            Assert.Equal("/two/tool", bench.Kernel[tree.Id].Path);
            await End(tree);
        }
        else
        {
            ChildProcessStartException e = bench.Fails(info);
            Assert.Equal((stage.Value, error), (e.Stage, e.NativeErrorCode));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_of_the_path_that_may_not_be_entered_hides_nothing()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Unexecutable["/closed/tool"] = bench.Kernel.Inaccessible["/closed/tool"] = DarwinAbi.EACCES;
        bench.Kernel.Unexecutable["/two/tool"] = bench.Kernel.Inaccessible["/two/tool"] = DarwinAbi.ENOENT;
        ChildProcessStartException e = bench.Fails(
            new(DarwinBench.Info()) { FileName = "tool", Environment = new Dictionary<string, string?> { ["PATH"] = "/closed:/two" } });
        Assert.Equal((StartStage.Resolve, DarwinAbi.ENOENT), (e.Stage, e.NativeErrorCode));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_missing_interpreter_is_told_from_a_missing_program()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Unexecutable["/bin/program"] = DarwinAbi.ENOENT; // and access(2) finds it
        Assert.Contains("interpreter or loader", bench.Fails().Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_that_cannot_be_entered_is_told_from_a_missing_program()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Inaccessible["/gone/."] = DarwinAbi.ENOENT;
        ChildProcessStartException e = bench.Fails(new(DarwinBench.Info()) { WorkingDirectory = "/gone" });
        Assert.Equal((StartStage.WorkingDirectory, DarwinAbi.ENOENT), (e.Stage, e.NativeErrorCode));
    }

    public static TheoryData<string, int[], StartStage> Faults => new()
    {
        { "kqueue", [DarwinAbi.EMFILE], StartStage.Containment },
        { "pipe", [DarwinAbi.EMFILE], StartStage.StandardStreams }, // of the input
        { "pipe", [0, DarwinAbi.ENFILE], StartStage.StandardStreams },
        { "setfd", [DarwinAbi.EBADF], StartStage.StandardStreams },
        { "setfd", [0, 0, 0, DarwinAbi.EBADF], StartStage.StandardStreams },
        { "setfl", [0, DarwinAbi.EBADF], StartStage.StandardStreams },
        { "open", [DarwinAbi.EACCES], StartStage.StandardStreams },
        { "open", [DarwinAbi.EMFILE], StartStage.StandardStreams },
        { "getfd 7", [DarwinAbi.EBADF], StartStage.Handles },
        { "dup", [DarwinAbi.EMFILE], StartStage.StandardStreams },
        { "spawn /bin/program", [DarwinAbi.EIO], StartStage.Execute },
        { "watch 1001", [DarwinAbi.ENOMEM], StartStage.Containment },
        { "pipe", [0, 0, DarwinAbi.EMFILE], StartStage.Containment }, // of the watchdog
        { "spawn /bin/sh", [DarwinAbi.ENOENT], StartStage.Containment },
        { "watch 1002", [DarwinAbi.ENOMEM], StartStage.Containment },
        { "write +", [DarwinAbi.EPIPE], StartStage.Containment },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Faults))]
    public async Task Whatever_step_fails_nothing_is_left_and_the_next_start_works(string call, int[] errors, StartStage stage)
    {
        await using DarwinBench bench = new();
        bench.Kernel.OpenAt(7, "named");
        using SafeFileHandle seven = new(7, ownsHandle: false);
        bench.Kernel.Fail(call, errors);
        ChildProcessStartInfo info = new("/bin/program")
        {
            StandardInput = ChildStdio.Pipe,
            StandardOutput = ChildStdio.Pipe,
            StandardError = ChildStdio.File("/log"),
            InheritedHandles = new Dictionary<int, System.Runtime.InteropServices.SafeHandle> { [4] = seven, [7] = new SafeFileHandle(2, ownsHandle: false) },
        };
        ChildProcessStartException e = bench.Fails(info);
        Assert.Equal(stage, e.Stage);
        Assert.Equal(["7 named"], bench.Kernel.OpenDescriptors.Where(static name => !name.EndsWith(" pipe", StringComparison.Ordinal)));
        Assert.InRange(bench.Kernel.OpenDescriptors.Count, 1, 2); // and the watchdog's pipe, where it had begun
        Assert.DoesNotContain(bench.Kernel.ChildrenOfHost, pid => bench.Kernel[pid].Path == "/bin/program");

        DarwinTree tree = bench.Start(info);
        await End(tree);
        bench.Kernel.CloseAt(7);
    }

    [Theory]
    [InlineData("Credentials")]
    [InlineData("Umask")]
    [InlineData("Limits")]
    [InlineData("Priority")]
    [InlineData("NoNewPrivileges")]
    [InlineData("OnOwnerLost")]
    [InlineData("Terminal")]
    public async Task What_posix_spawn_cannot_do_is_refused_by_name_before_anything_happens(string property)
    {
        await using DarwinBench bench = new();
        ChildProcessStartInfo plain = DarwinBench.Info();
        ChildProcessStartInfo info = property switch
        {
            "Credentials" => new(plain) { Credentials = new ChildCredentials(1, 1) },
            "Umask" => new(plain) { Umask = UnixFileMode.OtherWrite },
            "Limits" => new(plain) { Limits = [new ResourceLimit(ResourceLimitKind.OpenFiles, 10, 10)] },
            "Priority" => new(plain) { Priority = 1 },
            "NoNewPrivileges" => new(plain) { NoNewPrivileges = true },
            "OnOwnerLost" => new(plain) { OnOwnerLost = StopPolicy.Default },
            _ => new(plain) { StandardOutput = ChildStdio.Terminal },
        };
        PlatformNotSupportedException e = Assert.Throws<PlatformNotSupportedException>(() => bench.Engine.Prepare(info));
        Assert.Contains(property, e.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Kernel.CallsNow);
    }

    [Fact(Timeout = 60_000)]
    public async Task After_the_close_of_the_engine_nothing_is_started()
    {
        await using DarwinBench bench = new();
        bench.Engine.Close();
        Assert.Throws<ObjectDisposedException>(() => bench.Start());
        Assert.Empty(bench.Kernel.ChildrenOfHost);
    }

    private static string Files(ScriptedProcess process) => string.Join(", ", process.Files.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key} {pair.Value.Name}"));

    private static async Task End(DarwinTree tree)
    {
        tree.Kill();
        await DarwinBench.EndOf(tree);
        tree.Close();
    }
}
