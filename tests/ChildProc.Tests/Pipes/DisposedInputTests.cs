using System.IO.Pipelines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

/// <summary>Standard input of a child that is disposed: nobody reads any more, which is an answer and no error.</summary>
public sealed class DisposedInputTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_flush_says_that_nobody_reads()
    {
        PipeWriter input = await AfterDisposalAsync();
        Assert.True((await input.FlushAsync()).IsCompleted);
        Assert.True((await input.WriteAsync(new byte[10])).IsCompleted);
    }

    [Fact(Timeout = 60_000)]
    public async Task Completing_it_throws_nothing_whatever_was_not_flushed()
    {
        await (await AfterDisposalAsync()).CompleteAsync();
        (await AfterDisposalAsync()).Complete();
        await (await AfterDisposalAsync()).AsStream().DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_writer_that_ends_after_its_child_throws_nothing()
    {
        IChildProcess child = await StartAsync();
        await using (StreamWriter writer = new(child.StandardInput.AsStream()))
        {
            await writer.WriteLineAsync("for nobody");
            child.Dispose();
        }
    }

    private static async Task<PipeWriter> AfterDisposalAsync()
    {
        IChildProcess child = await StartAsync();
        PipeWriter input = child.StandardInput;
        input.GetSpan(100)[..100].Clear();
        input.Advance(100);
        await child.DisposeAsync();
        return input;
    }

    private static async Task<IChildProcess> StartAsync()
        => await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("pause")) { StandardInput = ChildStdio.Pipe });
}
