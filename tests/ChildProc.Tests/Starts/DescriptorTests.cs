using System.Runtime.InteropServices;
using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace ChildProc.Tests.Starts;

public sealed class DescriptorTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_child_has_the_standard_three_and_nothing_that_the_host_leaks()
    {
        using CancellationTokenSource over = new();
        List<int> leaked = [];
        Task leaking = Task.Run(() =>
        {
            while (!over.IsCancellationRequested && leaked.Count < 500)
            {
                leaked.Add(Syscall.open("/dev/zero", OpenFlags.O_RDONLY)); // without CLOEXEC
            }
        });
        for (int i = 0; i < 20; i++)
        {
            string text = (await ChildProcess.CaptureAsync(Puppet.Info("fds"))).StandardOutput;
            Assert.Equal(["0", "1", "2"], Numbers(text));
        }

        await over.CancelAsync();
        await leaking;
        leaked.ForEach(static fd => _ = Syscall.close(fd));
    }

    [Fact(Timeout = 120_000)]
    public async Task Named_handles_arrive_at_their_numbers()
    {
        using SafeFileHandle zero = File.OpenHandle("/dev/zero");
        using SafeFileHandle full = File.OpenHandle("/dev/full");

        // Numbers that the supervisor uses itself, one far away, and one handle twice.
        Dictionary<int, SafeHandle> handles = new() { [3] = zero, [4] = full, [5] = zero, [6] = full, [7] = zero, [8] = full, [9] = zero, [250] = full };
        string text = (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("fds")) { InheritedHandles = handles })).StandardOutput;
        foreach ((int number, SafeHandle handle) in handles)
        {
            Assert.Contains($"{number} {(handle == zero ? "/dev/zero" : "/dev/full")}\n", text, StringComparison.Ordinal);
        }

        Assert.Equal(handles.Count + 3, Numbers(text).Length);
        Assert.False(zero.IsClosed);
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_hundred_and_forty_handles_are_possible()
    {
        using SafeFileHandle zero = File.OpenHandle("/dev/zero");
        Dictionary<int, SafeHandle> handles = [];
        for (int i = 0; i < 240; i++)
        {
            handles[3 + i] = zero;
        }

        string text = (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("fds")) { InheritedHandles = handles })).StandardOutput;
        Assert.Equal(243, Numbers(text).Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_limit_below_a_handles_number_does_not_keep_it_out()
    {
        using SafeFileHandle zero = File.OpenHandle("/dev/zero");
        ChildProcessStartInfo info = new(Puppet.Info("fds"))
        {
            InheritedHandles = new Dictionary<int, SafeHandle> { [100] = zero },
            Limits = [new ResourceLimit(ResourceLimitKind.OpenFiles, 20, 20)],
        };
        Assert.Contains("100 /dev/zero\n", (await ChildProcess.CaptureAsync(info)).StandardOutput, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Standard_streams_may_be_swapped_and_shared()
    {
        using SafeFileHandle one = new(1, ownsHandle: false), two = new(2, ownsHandle: false);
        ChildProcessStartInfo swapped = new(Puppet.Info("exit", "0")) { StandardOutput = ChildStdio.Handle(two), StandardError = ChildStdio.Handle(one) };
        Assert.True((await ChildProcess.RunAsync(swapped)).Status.IsSuccess);

        string path = Path.GetTempFileName();
        try
        {
            using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                ChildProcessStartInfo shared = new(Puppet.Seq("print", "out", ",", "eprint", "err")) { StandardOutput = ChildStdio.Handle(file), StandardError = ChildStdio.Handle(file) };
                Assert.True((await ChildProcess.RunAsync(shared)).Status.IsSuccess);
            }

            Assert.Equal("out\nerr\n", await File.ReadAllTextAsync(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Standard_output_can_be_reopened()
        => Assert.Equal("again\n", (await ChildProcess.CaptureAsync(Puppet.Info("reopen-stdout", "again"))).StandardOutput);

    [Fact(Timeout = 120_000)]
    public async Task The_null_device_is_at_its_end_and_takes_everything()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("read-line", ",", "chatty", "50000", ",", "exit", "0"))
        {
            StandardInput = ChildStdio.Null,
            StandardOutput = ChildStdio.Null,
            StandardError = ChildStdio.Null,
        };
        Assert.Equal(0, (await ChildProcess.RunAsync(info)).Status.Code);
    }

    [Fact(Timeout = 120_000)]
    public async Task Files_are_truncated_appended_to_created_and_read()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-files");
        try
        {
            string path = Path.Combine(directory.FullName, "out");
            await RunTo(ChildStdio.File(path), "first");
            await RunTo(ChildStdio.File(path), "second");
            await RunTo(ChildStdio.File(path, FileMode.Append), "third");
            Assert.Equal("second\nthird\n", await File.ReadAllTextAsync(path));
            ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => RunTo(ChildStdio.File(path, FileMode.CreateNew), "never"));
            Assert.Equal((StartStage.StandardStreams, 17 /* EEXIST */), (e.Stage, e.NativeErrorCode));
            CapturedResult read = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("cat")) { StandardInput = ChildStdio.File(path) });
            Assert.Equal("second\nthird\n", read.StandardOutput);
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        static async Task RunTo(ChildStdio output, string text)
            => Assert.True((await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("print", text)) { StandardOutput = output })).Status.IsSuccess);
    }

    [Fact(Timeout = 120_000)]
    public async Task Standard_error_joins_standard_output_in_order()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("print", "1", ",", "eprint", "2", ",", "print", "3", ",", "eprint", "4")) { StandardError = ChildStdio.ToStandardOutput };
        Assert.Equal("1\n2\n3\n4\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task Inherited_streams_are_the_hosts()
    {
        (int code, string output) = await HostProcess.RunAsync([], "forward", "seq", "print", "through", ",", "exit", "6");
        Assert.Equal((6, "through"), (code, output));
    }

    private static string[] Numbers(string report)
        => [.. report.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l.Split(' ')[0]).Order(StringComparer.Ordinal)];
}
