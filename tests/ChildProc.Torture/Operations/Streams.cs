using System.Text;

namespace ChildProc.Torture.Operations;

/// <summary>What goes in comes out, every byte once and in order.</summary>
internal static class Streams
{
    internal static async Task EchoAsync(Step step)
    {
        byte[] sent = step.Bytes(step.Below(200_000));
        using MemoryStream received = new();
        ChildProcessStartInfo info = new(step.Puppet("cat")) { StandardInput = ChildStdio.Bytes(sent), StandardOutput = ChildStdio.Stream(received) };
        ChildResult result = await ChildProcess.RunAsync(info);
        step.Run.CountTree();
        Step.Equal(0, result.Status.Code, "exit code");
        Step.Check(sent.AsSpan().SequenceEqual(received.ToArray()), $"{received.Length} bytes came back, not the {sent.Length} that were sent");
    }

    internal static async Task PipesAsync(Step step)
    {
        byte[] sent = step.Bytes(step.Below(300_000));
        ChildProcessStartInfo info = new(step.Puppet("cat")) { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe };
        await using IChildProcess child = await step.StartAsync(info);
        Task writing = WriteAsync();
        using MemoryStream received = new();
        await child.StandardOutput.CopyToAsync(received);
        await writing;
        Step.Equal(0, (await child.WaitForExitAsync()).Code, "exit code");
        Step.Check(sent.AsSpan().SequenceEqual(received.ToArray()), $"{received.Length} bytes came back, not the {sent.Length} that were sent");

        async Task WriteAsync()
        {
            await child.StandardInput.WriteAsync(sent);
            await child.StandardInput.CompleteAsync();
        }
    }

    internal static async Task LinesAsync(Step step)
    {
        int count = step.Below(3000);
        int next = 0;
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(new ChildProcessStartInfo(step.Puppet("flood-lines", Step.Number(count))) { StandardOutput = null, StandardError = null }))
        {
            Step.Equal($"line {Step.Number(next)}", line.Text, "line");
            next++;
        }

        step.Run.CountTree();
        Step.Equal(count, next, "lines");
    }

    internal static async Task UnreadAsync(Step step)
    {
        // The output of a child that writes without end is dropped in the middle.
        ChildProcessStartInfo info = new(step.Puppet("zeros", "100000000")) { StandardOutput = ChildStdio.Pipe };
        IChildProcess child = await step.StartAsync(info);
        await child.StandardOutput.ReadAsync();
        await child.DisposeAsync();
        Step.Equal(ChildSignal.Kill, child.Exit?.Signal, $"signal of {child.Id}, which ended with {child.Exit}");
        step.NothingLeft();
    }

    internal static async Task PipelineAsync(Step step)
    {
        string text = Convert.ToHexString(step.Bytes(step.Below(50_000)));
        ChildProcessStartInfo first = new(step.Puppet("cat")) { StandardInput = ChildStdio.Text(text), StandardOutput = null, StandardError = null };
        ChildProcessStartInfo next = new(step.Puppet("cat")) { StandardInput = null, StandardOutput = null, StandardError = null };
        ChildPipeline pipeline = new([first, .. Enumerable.Repeat(next, 1 + step.Below(3))]);
        CapturedPipelineResult result = await pipeline.CaptureAsync();
        step.Run.CountTree();
        Step.Check(result.StandardOutput == text, $"{result.StandardOutput.Length} characters came out, not the {text.Length} that went in");
        step.NothingLeft();
    }

    internal static async Task TerminalAsync(Step step)
    {
        ChildProcessStartInfo info = new(step.Puppet("seq", "print", "ready", ",", "read-line"))
        {
            StandardInput = ChildStdio.Terminal,
            StandardOutput = ChildStdio.Terminal,
            StandardError = ChildStdio.Terminal,
        };
        await using IChildProcess child = await step.StartAsync(info);
        using StreamReader reader = new(child.StandardOutput.AsStream(leaveOpen: true));
        Step.Equal("ready", await reader.ReadLineAsync(), "first line");
        if (step.Chance(50))
        {
            return; // its disposal hangs up
        }

        await child.StandardInput.WriteAsync(Encoding.ASCII.GetBytes("hello\n"));
        string rest = await reader.ReadToEndAsync();
        Step.Check(rest.Contains("line hello", StringComparison.Ordinal), $"'{rest}' has no answer");
        Step.Equal(0, (await child.WaitForExitAsync()).Code, "exit code");
    }
}
