using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Much data in all three directions at once: more than the pipes hold.</summary>
public sealed class CommunicateTests
{
    private const int Length = 2_000_000;

    [Fact(Timeout = 60_000)]
    public async Task Three_pipes_full_at_once_deadlock_nobody()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(Length);
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("cat-both").Piped()) { StandardInput = ChildStdio.Pipe, StandardError = ChildStdio.Pipe });
        Task<byte[]> output = ReadAsync(child.StandardOutput), error = ReadAsync(child.StandardError);
        await child.StandardInput.WriteAsync(sent);
        await child.StandardInput.CompleteAsync();
        Assert.Equal(sent, await output);
        Assert.Equal(sent, await error);
        Assert.True((await child.WaitForExitAsync()).IsSuccess);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_capture_feeds_its_input_while_it_reads_both_outputs()
    {
        string text = string.Concat(Enumerable.Range(0, 200_000).Select(static i => $"€{i}\n"));
        foreach (ChildStdio input in (ChildStdio[])[ChildStdio.Text(text), ChildStdio.Stream(new MemoryStream(Encoding.UTF8.GetBytes(text)))])
        {
            CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("cat-both")) { StandardInput = input });
            Assert.Equal("exit 0, False, False, False", $"{result.Status}, {result.InputIncomplete}, {result.OutputIncomplete}, {result.OutputTruncated}");
            Assert.Equal(text, result.StandardOutput);
            Assert.Equal(text, result.StandardError);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Pumps_in_all_three_directions_keep_every_byte()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(Length);
        using MemoryStream output = new(), error = new();
        ChildResult result = await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("cat-both"))
        {
            StandardInput = ChildStdio.Bytes(sent),
            StandardOutput = ChildStdio.Stream(output),
            StandardError = ChildStdio.Chunks(async chunk =>
            {
                await Task.Yield();
                error.Write(chunk.Span);
            }),
        });
        Assert.True(result.Status.IsSuccess);
        Assert.Equal(sent, output.ToArray());
        Assert.Equal(sent, error.ToArray());
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_tiny_pieces_make_the_same_whole()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(20_000);
        using MemoryStream chunks = new();
        ChildProcessStartInfo info = new(Puppet.Info("cat-bytes")) { StandardInput = ChildStdio.Bytes(sent) };
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(info)
        {
            OutputEncoding = Encoding.Latin1,
            StandardOutput = ChildStdio.Tee(ChildStdio.Pipe, ChildStdio.Chunks(chunk =>
            {
                chunks.Write(chunk.Span);
                return default;
            })),
        });
        Assert.Equal(sent, Encoding.Latin1.GetBytes(result.StandardOutput));
        Assert.Equal(sent, chunks.ToArray());
    }

    [Fact(Timeout = 60_000)]
    public async Task Binary_output_with_nuls_is_captured_as_it_is()
    {
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("flood", "300000")) { OutputEncoding = Encoding.Latin1 });
        byte[] captured = Encoding.Latin1.GetBytes(result.StandardOutput);
        Assert.Equal(Flood(300_000), captured);
        Assert.Contains((byte)0, captured);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_output_larger_than_the_pipe_arrives_whole_whatever_reads_it()
    {
        byte[] expected = Flood(Length);
        using MemoryStream stream = new(), chunks = new();
        ChildProcessStartInfo info = Puppet.Info("flood", "2000000");
        await ChildProcess.RunAsync(new ChildProcessStartInfo(info) { StandardOutput = ChildStdio.Stream(stream) });
        Assert.Equal(expected, stream.ToArray());
        await ChildProcess.RunAsync(new ChildProcessStartInfo(info)
        {
            StandardOutput = ChildStdio.Chunks(chunk =>
            {
                chunks.Write(chunk.Span);
                return default;
            }),
        });
        Assert.Equal(expected, chunks.ToArray());
        using MemoryStream copy = new();
        await using IChildProcess child = await ChildProcess.StartAsync(info.Piped());
        await child.StandardOutput.AsStream().CopyToAsync(copy, TestContext.Current.CancellationToken);
        Assert.Equal(expected, copy.ToArray());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_input_without_bytes_is_end_of_file_at_once()
    {
        foreach (ChildStdio input in (ChildStdio[])[ChildStdio.Null, ChildStdio.Bytes(default), ChildStdio.Text(""), ChildStdio.Stream(Stream.Null), ChildStdio.File("/dev/null")])
        {
            CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("read-line")) { StandardInput = input });
            Assert.Equal(("eof\n", false), (result.StandardOutput, result.InputIncomplete));
        }
    }

    private static async Task<byte[]> ReadAsync(PipeReader reader)
    {
        using MemoryStream all = new();
        await reader.CopyToAsync(all);
        return all.ToArray();
    }

    private static byte[] Flood(int length) => [.. Enumerable.Range(0, length).Select(static i => (byte)((i * 131L) + (i / 257)))];
}
