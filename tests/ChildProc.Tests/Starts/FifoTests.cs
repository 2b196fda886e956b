using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Starts;

/// <summary>A FIFO whose other end nobody has open, which an open(2) would wait for.</summary>
public sealed class FifoTests : IDisposable
{
    private const int ENXIO = 6;

    private readonly string _path = Path.Combine(Path.GetTempPath(), "childproc-fifo-" + Guid.NewGuid().ToString("N"));

    public FifoTests()
    {
        if (!OperatingSystem.IsWindows()) // whose skip comes after the constructor
        {
            Assert.Equal(0, Syscall.mkfifo(_path, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR));
        }
    }

    public void Dispose()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // Whoever hangs in an open gets on, so that a broken test ends.
        int both = Syscall.open(_path, OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK | OpenFlags.O_CLOEXEC);
        File.Delete(_path);
        _ = Syscall.close(both);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_whose_input_nobody_writes_yet_starts()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("fd-flags", "0", ",", "exit", "3")) { StandardInput = ChildStdio.File(_path) };
        CapturedResult result = await Task.Run(() => ChildProcess.CaptureAsync(info)).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(("read\n", 3), (result.StandardOutput, result.Status.Code));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_output_that_nobody_reads_is_told()
    {
        ChildProcessStartInfo info = new(Puppet.Info("exit", "0")) { StandardOutput = ChildStdio.File(_path, FileMode.Append) };
        Task<ChildResult> run = Task.Run(() => ChildProcess.RunAsync(info));
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => run.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
        Assert.Equal((StartStage.StandardStreams, ENXIO), (e.Stage, e.NativeErrorCode));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_output_that_somebody_reads_is_written_and_blocks_like_any_other()
    {
        int reader = Syscall.open(_path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_CLOEXEC);
        Assert.True(reader >= 0);
        using FileStream stream = new(new Microsoft.Win32.SafeHandles.SafeFileHandle(reader, ownsHandle: true), FileAccess.Read, 0);
        ChildProcessStartInfo info = new(Puppet.Info("fd-flags", "1")) { StandardOutput = ChildStdio.File(_path, FileMode.Append) };
        Assert.True((await ChildProcess.RunAsync(info)).Status.IsSuccess);
        using StreamReader text = new(stream);
        Assert.Equal("write append\n", await text.ReadToEndAsync(TestContext.Current.CancellationToken));
    }
}
