using System.Text;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Lines of real children, whose bytes come in pieces, by loop and by callback alike.</summary>
public sealed class LineTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-32")]
    public async Task Characters_and_line_ends_that_come_byte_by_byte_stay_whole(string name)
    {
        const string Text = "grün\r\n€𐍈\n\r\nlast €";
        Encoding encoding = Encoding.GetEncoding(name);
        ChildProcessStartInfo info = new(Puppet.Info("cat-bytes")) { StandardInput = ChildStdio.Text(Text, encoding), OutputEncoding = encoding };
        await AssertLinesAsync(info, "grün", "€𐍈", "", "last €");
        Assert.Equal(Text, (await ChildProcess.CaptureAsync(info)).StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_last_line_without_an_end_is_a_line()
    {
        await AssertLinesAsync(new("printf", @"one\ntwo"), "one", "two");
        await AssertLinesAsync(new("printf", @"one\n"), "one");
        await AssertLinesAsync(new("printf", @"one\r"), "one");
        await AssertLinesAsync(new("printf", @"\n\n"), "", "");
        await AssertLinesAsync(new("printf", ""));
    }

    [Fact(Timeout = 60_000)]
    public async Task Half_a_character_at_the_end_is_an_invalid_one()
        => await AssertLinesAsync(new("printf", @"a\n\342\202"), "a", "\uFFFD");

    [Fact(Timeout = 60_000)]
    public async Task A_line_over_the_limit_comes_in_pieces_that_say_so()
    {
        ChildProcessStartInfo info = new(Puppet.Info("cat")) { StandardInput = ChildStdio.Text(new string('x', 250_000) + "\nshort\n"), LineLimit = 100_000 };
        List<(int, bool)> pieces = [];
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(info))
        {
            pieces.Add((line.Text.Length, line.IsPartial));
        }

        Assert.Equal([(100_000, true), (100_000, true), (50_000, false), (5, false)], pieces);
        await AssertLinesAsync(info, new string('x', 100_000), new string('x', 100_000), new string('x', 50_000), "short");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_line_of_many_pipes_length_is_one_line()
    {
        string text = new('€', 300_000);
        await AssertLinesAsync(new(Puppet.Info("cat")) { StandardInput = ChildStdio.Text(text + "\n") }, text);
    }

    [Fact(Timeout = 60_000)]
    public async Task Standard_error_in_one_pipe_with_standard_output_keeps_the_order_of_writing()
    {
        string[] expected = [.. Enumerable.Range(0, 50_000).Select(static i => $"chat {i}")];
        ChildProcessStartInfo info = new(Puppet.Info("chatty", "50000")) { StandardError = ChildStdio.ToStandardOutput };
        await AssertLinesAsync(info, expected);
        Assert.Equal(string.Join('\n', expected) + "\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        using MemoryStream stream = new();
        await ChildProcess.RunAsync(new ChildProcessStartInfo(info) { StandardOutput = ChildStdio.Tee(ChildStdio.Null, ChildStdio.Stream(stream)) });
        Assert.Equal(string.Join('\n', expected) + "\n", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Standard_error_is_a_copy_of_the_same_description_as_standard_output()
    {
        // One open file description: an append mode or an offset that one has, the other has.
        string path = Path.GetTempFileName();
        try
        {
            ChildProcessStartInfo info = new(Puppet.Info("chatty", "1000")) { StandardOutput = ChildStdio.File(path), StandardError = ChildStdio.ToStandardOutput };
            Assert.True((await ChildProcess.RunAsync(info)).Status.IsSuccess);
            Assert.Equal(Enumerable.Range(0, 1000).Select(static i => $"chat {i}"), await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines_are_read_from_a_tee_and_beside_a_callback()
    {
        List<string> called = [], errors = [], read = [];
        ChildProcessStartInfo info = new(Puppet.Info("chatty", "4000")) { StandardOutput = ChildStdio.Tee(ChildStdio.Pipe, ChildStdio.Lines(called.Add)), StandardError = ChildStdio.Lines(errors.Add) };
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(info))
        {
            Assert.Equal(OutputSource.StandardOutput, line.Source);
            read.Add(line.Text);
        }

        Assert.Equal(2000, read.Count);
        Assert.Equal(called, read);
        Assert.Equal(2000, errors.Count);
    }

    private static async Task AssertLinesAsync(ChildProcessStartInfo info, params string[] expected)
    {
        List<string> called = [], read = [];
        await ChildProcess.RunAsync(new ChildProcessStartInfo(info) { StandardOutput = ChildStdio.Lines(called.Add) });
        Assert.Equal(expected, called);
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(info))
        {
            read.Add(line.Text);
        }

        Assert.Equal(expected, read);
    }
}
