using System.Collections.Concurrent;
using System.Text;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Stdio;

/// <summary>One description, many children: each has streams of its own.</summary>
public sealed class SharedStdioTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_prepared_command_gives_its_input_to_every_child_anew()
    {
        byte[] bytes = new byte[150_000];
        Random.Shared.NextBytes(bytes);
        string text = string.Concat(Enumerable.Repeat("grün\n", 20_000));
        foreach ((ChildStdio input, byte[] expected) in (IEnumerable<(ChildStdio, byte[])>)[(ChildStdio.Bytes(bytes), bytes), (ChildStdio.Text(text), Encoding.UTF8.GetBytes(text))])
        {
            PreparedCommand command = ChildProcess.Prepare(new ChildProcessStartInfo(Puppet.Info("cat")) { StandardInput = input, StandardOutput = ChildStdio.Pipe });
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            {
                await using IChildProcess child = i % 2 == 0 ? await command.StartAsync() : command.Start();
                using MemoryStream all = new();
                await child.StandardOutput.CopyToAsync(all);
                Assert.Equal(expected, all.ToArray());
                Assert.True((await child.WaitForExitAsync()).IsSuccess);
                await child.WaitForStreamsAsync();
                Assert.False(child.InputIncomplete);
            }));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_prepared_command_splits_the_lines_of_every_child_anew()
    {
        // The last line has no end: it must not run into the first one of the next child.
        List<string> lines = [];
        PreparedCommand command = ChildProcess.Prepare(new ChildProcessStartInfo("printf", @"one\n\303\274\r") { StandardOutput = ChildStdio.Lines(lines.Add) });
        for (int i = 0; i < 3; i++)
        {
            await using IChildProcess child = await command.StartAsync();
            await child.WaitForExitAsync();
            await child.WaitForStreamsAsync();
        }

        Assert.Equal(["one", "ü", "one", "ü", "one", "ü"], lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Children_of_one_start_info_at_once_mix_no_line()
    {
        ConcurrentQueue<string> lines = new(), errors = new();
        ChildProcessStartInfo info = new(Puppet.Info("chatty", "4000")) { StandardOutput = ChildStdio.Lines(lines.Enqueue), StandardError = ChildStdio.Lines(errors.Enqueue) };
        ChildResult[] results = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => ChildProcess.RunAsync(info)));
        Assert.All(results, static r => Assert.True(r.Status.IsSuccess && !r.OutputIncomplete));
        foreach ((ConcurrentQueue<string> all, int first) in new[] { (lines, 0), (errors, 1) })
        {
            Dictionary<string, int> counts = all.CountBy(static l => l).ToDictionary();
            Assert.Equal(2000, counts.Count);
            Assert.All(Enumerable.Range(0, 2000), i => Assert.Equal(16, counts[$"chat {(2 * i) + first}"]));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tee_with_a_pipe_gives_every_child_a_reader_of_its_own()
    {
        ChildProcessStartInfo info = new(Puppet.Info("cat")) { StandardOutput = ChildStdio.Tee(ChildStdio.Pipe, ChildStdio.Null) };
        string[] outputs = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
            (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(info) { StandardInput = ChildStdio.Text($"{i}") })).StandardOutput));
        Assert.Equal(Enumerable.Range(0, 16).Select(static i => $"{i}"), outputs);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_read_by_one_child_after_the_other_goes_on_where_it_was()
    {
        using MemoryStream source = new("first"u8.ToArray());
        ChildProcessStartInfo info = new(Puppet.Info("cat")) { StandardInput = ChildStdio.Stream(source) };
        Assert.Equal("first", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        Assert.True(source.CanRead); // it stays the caller's
        Assert.Equal("", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        source.Position = 2;
        Assert.Equal("rst", (await ChildProcess.CaptureAsync(info)).StandardOutput);
    }
}
