using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

public sealed class ReadLinesTests
{
    [Fact(Timeout = 60_000)]
    public async Task Lines_of_both_outputs_come_with_their_source()
    {
        List<OutputLine> lines = [];
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(Puppet.Info("chatty", "5000")))
        {
            lines.Add(line);
        }

        Assert.Equal(5000, lines.Count);
        List<string> errors = lines.FindAll(static l => l.Source == OutputSource.StandardError).ConvertAll(static l => l.Text);
        Assert.Equal(2500, errors.Count);
        Assert.Equal("chat 1", errors[0]);
        Assert.Equal("chat 4999", errors[^1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task CR_LF_and_CRLF_end_a_line()
    {
        List<string> lines = [];
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(new ChildProcessStartInfo("printf", @"a\nb\r\nc\rd")))
        {
            lines.Add(line.Text);
        }

        Assert.Equal(["a", "b", "c", "d"], lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Leaving_early_kills_the_tree()
    {
        using Marker marker = Marker.Create();
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(marker.Mark(Puppet.Seq(Puppet.Daemon, "pause", ",", "flood-lines", "100000000"))))
        {
            Assert.Equal("line 0", line.Text);
            break;
        }

        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failure_is_told_after_the_last_line()
    {
        List<string> lines = [];
        ChildProcessExitException e = await Assert.ThrowsAsync<ChildProcessExitException>(async () =>
        {
            await foreach (OutputLine line in ChildProcess.ReadLinesAsync(Puppet.Seq("print", "one", ",", "exit", "2")))
            {
                lines.Add(line.Text);
            }
        });
        Assert.Equal(2, e.Status.Code);
        Assert.Equal(["one"], lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancellation_ends_the_lines()
    {
        using Marker marker = Marker.Create();
        using CancellationTokenSource cancel = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (OutputLine line in ChildProcess.ReadLinesAsync(marker.Mark(Puppet.Seq("print", "one", ",", "pause")), cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });
        marker.AssertGone();
    }
}
