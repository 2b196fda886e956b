using System.IO.Pipelines;
using System.Runtime.Versioning;
using System.Text;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Windows;

/// <summary>Overlapped pipes: a write that is under way when its flush is cancelled, ends that are closed under an operation.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsPipeTests
{
    private const int Length = 300_000; // more than a pipe holds, and more than one write

    [Fact(Timeout = 60_000)]
    public async Task A_flush_that_is_cancelled_sends_everything_once()
    {
        byte[] bytes = [.. Enumerable.Range(0, Length).Select(static i => (byte)((i * 131) + (i / 257)))];
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Seq("sleep-ms", "3000", ",", "cat").Piped()) { StandardInput = ChildStdio.Pipe });
        using CancellationTokenSource cancel = new();
        Task<FlushResult> write = child.StandardInput.WriteAsync(bytes, cancel.Token).AsTask();
        Assert.False(write.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        Assert.True(child.StandardInput.UnflushedBytes > 0);
        using MemoryStream all = new();
        Task copy = child.StandardOutput.CopyToAsync(all);
        await child.StandardInput.CompleteAsync();
        await copy;
        Assert.Equal(bytes, all.ToArray());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_disposal_ends_a_read_and_a_write_that_are_under_way()
    {
        IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("pause").Piped()) { StandardInput = ChildStdio.Pipe });
        Task<ReadResult> read = child.StandardOutput.ReadAsync().AsTask();
        Task<FlushResult> write = child.StandardInput.WriteAsync(new byte[Length]).AsTask();
        Assert.False(read.IsCompleted || write.IsCompleted);
        await child.DisposeAsync();
        Assert.True((await write).IsCompleted);
        await Task.WhenAny(read).WaitAsync(Eventually.Patience, CancellationToken.None);
        Assert.True(read.IsCompleted);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_stops_reading_leaves_its_input_incomplete()
    {
        ChildProcessStartInfo info = new(Puppet.Info("exit", "0")) { StandardInput = ChildStdio.Bytes(new byte[80_000]) }; // one write that fits, one that does not
        Assert.True((await ChildProcess.RunAsync(info)).InputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_a_childs_output_is_not_held_up_by_children_that_start_beside_it()
    {
        using CancellationTokenSource end = new();
        Task others = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await using IChildProcess other = await ChildProcess.StartAsync(Puppet.Info("pause").Piped());
            }
        });
        for (int i = 0; i < 20; i++)
        {
            CapturedResult result = await ChildProcess.CaptureAsync(Puppet.Info("print", "done"));
            Assert.Equal(("done\n", false), (result.StandardOutput, result.OutputIncomplete));
        }

        await end.CancelAsync();
        await others;
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_byte_arrives_in_both_directions_whoever_is_held_up()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1_000_000).Select(static i => (byte)((i * 131) + (i / 257)))];
        await Parallel.ForAsync(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (_, stop) =>
        {
            CapturedResult result = await ChildProcess.CaptureAsync(
                new ChildProcessStartInfo(Puppet.Info("cat")) { StandardInput = ChildStdio.Bytes(bytes), OutputEncoding = Encoding.Latin1 }, stop);
            Assert.Equal("exit 0, False, False, 1000000", $"{result.Status}, {result.InputIncomplete}, {result.OutputIncomplete}, {result.StandardOutput.Length}");
            Assert.Equal(bytes, Encoding.Latin1.GetBytes(result.StandardOutput));
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_is_appended_to_keeps_what_it_had()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("log", "old\n");
        ChildProcessStartInfo info = new(Puppet.Info("print", "new")) { StandardOutput = ChildStdio.File(path, FileMode.Append) };
        await Task.WhenAll(ChildProcess.RunAsync(info), ChildProcess.RunAsync(info));
        using (FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)) // a child that has just ended may still be closing it
        using (StreamReader reader = new(file))
        {
            Assert.Equal("old\nnew\nnew\n", await reader.ReadToEndAsync(CancellationToken.None));
        }

        ChildProcessStartInfo tee = new(info) { StandardOutput = ChildStdio.Tee(ChildStdio.File(path, FileMode.Append), ChildStdio.Null) };
        await ChildProcess.RunAsync(tee);
        Assert.Equal("old\nnew\nnew\nnew\n", await File.ReadAllTextAsync(path, CancellationToken.None));
    }
}
