using System.IO.Pipelines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Stdio;

public sealed class StreamStdioTests
{
    [Fact(Timeout = 60_000)]
    public async Task Streams_go_in_and_out_byte_for_byte()
    {
        byte[] data = new byte[3_000_000];
        Random.Shared.NextBytes(data);
        using MemoryStream output = new();
        ChildResult result = await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("cat"))
        {
            StandardInput = ChildStdio.Stream(new MemoryStream(data)),
            StandardOutput = ChildStdio.Stream(output),
        });
        Assert.True(result.Status.IsSuccess);
        Assert.False(result.InputIncomplete || result.OutputIncomplete);
        Assert.True(data.AsSpan().SequenceEqual(output.ToArray()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Text_and_bytes_are_followed_by_end_of_file()
    {
        Assert.Equal("grün\n", (await CatAsync(ChildStdio.Text("grün\n"))).StandardOutput);
        Assert.Equal("grün", (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("cat"))
        {
            StandardInput = ChildStdio.Text("grün", System.Text.Encoding.Latin1),
            OutputEncoding = System.Text.Encoding.Latin1,
        })).StandardOutput);
        Assert.Equal("abc", (await CatAsync(ChildStdio.Bytes("abc"u8.ToArray()))).StandardOutput);
        Assert.Equal("", (await CatAsync(ChildStdio.Text(""))).StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task Input_that_nobody_reads_to_its_end_is_an_answer_and_no_fault()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("read-line"))
        {
            StandardInput = ChildStdio.Text("first\n" + new string('x', HeldWriter.MoreThanAPipe)),
        });
        Assert.Equal("line first\n", result.StandardOutput);
        Assert.True(result.InputIncomplete);
        Assert.True(result.Status.IsSuccess);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_that_says_nothing_does_not_hold_up_the_end()
    {
        Pipe silent = new();
        ChildResult result = await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("exit", "3")) { StandardInput = ChildStdio.Stream(silent.Reader.AsStream()) });
        Assert.Equal(3, result.Status.Code);
        Assert.True(result.InputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_target_slows_the_child_down_and_loses_nothing()
    {
        Pipe slow = new(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 1024));
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("flood", "1000000")) { StandardOutput = ChildStdio.Stream(slow.Writer.AsStream(leaveOpen: true)) });
        long total = 0;
        while (total < 1_000_000)
        {
            ReadResult read = await slow.Reader.ReadAsync(TestContext.Current.CancellationToken);
            total += read.Buffer.Length;
            slow.Reader.AdvanceTo(read.Buffer.End);
        }

        await child.WaitForStreamsAsync();
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
        Assert.Equal(1_000_000, total);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_target_that_fails_ends_the_run_with_its_own_fault()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "flood", "100000000000"))) { StandardOutput = ChildStdio.Stream(new FullDisk()) };
        IOException e = await Assert.ThrowsAsync<IOException>(() => ChildProcess.RunAsync(info));
        Assert.Equal("full", e.Message);
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_that_fails_ends_the_run_with_its_own_fault()
    {
        using Marker marker = Marker.Create();
        ChildProcessStartInfo info = new(marker.Mark(Puppet.Seq("wait-eof", ",", "pause"))) { StandardInput = ChildStdio.Stream(new FullDisk()) };
        await Assert.ThrowsAsync<IOException>(() => ChildProcess.RunAsync(info));
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stream_that_is_pumped_is_no_property()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("exit", "0")) { StandardOutput = ChildStdio.Stream(Stream.Null), StandardInput = ChildStdio.Text("") });
        Assert.Throws<InvalidOperationException>(() => child.StandardOutput);
        Assert.Throws<InvalidOperationException>(() => child.StandardInput);
    }

    [Fact]
    public async Task Kinds_in_the_wrong_place_are_refused_before_any_side_effect()
    {
        using MemoryStream closed = new(), shared = new();
        closed.Dispose();
        ChildStdio lines = ChildStdio.Lines(static _ => { }), chunks = ChildStdio.Chunks(static _ => default);
        ChildProcessStartInfo[] bad =
        [
            new("x") { StandardOutput = ChildStdio.Text("a") }, new("x") { StandardError = ChildStdio.Bytes(default) },
            new("x") { StandardInput = lines }, new("x") { StandardInput = chunks }, new("x") { StandardInput = ChildStdio.Tee(lines) },
            new("x") { StandardInput = ChildStdio.Stream(closed) }, new("x") { StandardOutput = ChildStdio.Stream(closed) },
            new("x") { StandardOutput = ChildStdio.Stream(new MemoryStream([], writable: false)) },
            new("x") { StandardOutput = ChildStdio.Tee(ChildStdio.File("/tmp/x", FileMode.Open)) }, new("x") { LineLimit = 0 },
            new("x") { StandardOutput = ChildStdio.Stream(shared), StandardError = ChildStdio.Tee(ChildStdio.Null, ChildStdio.Stream(shared)) },
        ];
        await using IChildProcessHost host = TestHost.Create();
        foreach (ChildProcessStartInfo info in bad)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => host.StartAsync(info).AsTask());
        }

        Assert.Equal(0, Keepers.GuardianOf(host));
    }

    private static Task<CapturedResult> CatAsync(ChildStdio input)
        => ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("cat")) { StandardInput = input });

    private sealed class FullDisk : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("full");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("full");
    }
}
