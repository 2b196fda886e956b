using System.Text;
using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;
using ChildProc.Pipes;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>The host's ends of pipes on the kqueue.</summary>
public sealed class DarwinPipeTests
{
    [Fact(Timeout = 60_000)]
    public async Task What_the_child_writes_is_read_in_order_to_its_end()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { StandardOutput = ChildStdio.Pipe });
        PipeEnd output = tree.Pipes.Output!;
        byte[] buffer = new byte[16];
        Assert.Equal(PipeEnd.NotNow, output.TryRead(buffer));
        Task waiting = output.WaitAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        bench.Kernel.Write(bench.Kernel[tree.Id], 1, "hello");
        await waiting.WaitAsync(Eventually.Patience);
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, output.TryRead(buffer)));

        // The end comes with bytes that are still there: EV_EOF is no end of file.
        waiting = output.WaitAsync(CancellationToken.None);
        bench.Kernel.Write(bench.Kernel[tree.Id], 1, "last");
        bench.Kernel.Exit(tree.Id, 0);
        await waiting.WaitAsync(Eventually.Patience);
        Assert.Equal("last", Encoding.UTF8.GetString(buffer, 0, output.TryRead(buffer)));
        Assert.Equal(0, output.TryRead(buffer));
        Assert.False(output.Incomplete);
        await DarwinBench.EndOf(tree);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_pipe_is_waited_for_and_a_reader_that_is_gone_is_an_answer()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { StandardInput = ChildStdio.Pipe });
        PipeEnd input = tree.Pipes.Input!;
        Assert.Equal(ScriptedPipe.Capacity, input.TryWrite(new byte[ScriptedPipe.Capacity + 1]));
        Assert.Equal(PipeEnd.NotNow, input.TryWrite(new byte[1]));
        Assert.True(input.HasReaders());
        Task waiting = input.WaitWritableAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        bench.Kernel.Exit(tree.Id, 0);
        await waiting.WaitAsync(Eventually.Patience);
        Assert.Equal(PipeEnd.Broken, input.TryWrite(new byte[1]));
        Assert.False(input.HasReaders());
        await DarwinBench.EndOf(tree);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_close_ends_a_wait_that_is_pending()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { StandardOutput = ChildStdio.Pipe });
        Task waiting = tree.Pipes.Output!.WaitAsync(CancellationToken.None);
        tree.Pipes.Output!.Close();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Eventually.Patience));
        tree.Kill();
        await DarwinBench.EndOf(tree);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_that_a_descendant_holds_is_cut_after_its_time_and_what_is_there_is_delivered()
    {
        await using DarwinBench bench = new();
        DarwinTree tree = bench.Start(new(DarwinBench.Info()) { StandardOutput = ChildStdio.Pipe, DrainTimeout = TimeSpan.FromMilliseconds(20) });
        PipeEnd output = tree.Pipes.Output!;
        ScriptedProcess holder = bench.Kernel.Fork(tree.Id);
        Task waiting = output.WaitAsync(CancellationToken.None);
        bench.Kernel.Exit(tree.Id, 0);
        await waiting.WaitAsync(Eventually.Patience);
        Assert.Equal(0, output.TryRead(new byte[8]));
        Assert.True(output.Incomplete);
        Assert.True(holder.IsAlive);
        tree.Kill();
        await DarwinBench.EndOf(tree);
        tree.Close();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_capture_has_both_outputs_and_leaves_nothing()
    {
        await using DarwinBench bench = new();
        List<string> lines = [];
        ChildProcessStartInfo info = new(DarwinBench.Info())
        {
            StandardInput = ChildStdio.Text("question"),
            StandardOutput = ChildStdio.Lines(lines.Add),
            StandardError = ChildStdio.ToStandardOutput,
        };
        DarwinTree tree = bench.Start(info);
        await using LocalChildProcess child = new(info, tree, origin: null, telemetry: null, CancellationToken.None);
        ScriptedProcess process = bench.Kernel[tree.Id];
        await Eventually.HoldsAsync(() => bench.Kernel.Peek(process, 0) == "question", "the input is there");
        bench.Kernel.Write(process, 1, "one\n");
        bench.Kernel.Write(process, 2, "two\n");
        bench.Kernel.Exit(tree.Id, 0);
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
        await child.WaitForStreamsAsync();
        Assert.Equal(["one", "two"], lines);
    }

    [Fact]
    public void Error_numbers_of_the_system_become_the_codes_of_a_pipe()
    {
        Assert.Equal(PipeEnd.NotNow, DarwinPipeEnd.ToCode(-DarwinAbi.EAGAIN));
        Assert.Equal(PipeEnd.Broken, DarwinPipeEnd.ToCode(-DarwinAbi.EPIPE));
        Assert.Equal(-DarwinAbi.EBADF, DarwinPipeEnd.ToCode(-DarwinAbi.EBADF));
        Assert.NotEqual(PipeEnd.NotNow, DarwinPipeEnd.ToCode(-DarwinAbi.EDEADLK)); // 11, which is EAGAIN elsewhere
        Assert.Equal(7, DarwinPipeEnd.ToCode(7));
    }
}
