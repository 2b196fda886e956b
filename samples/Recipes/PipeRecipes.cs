using System.IO.Pipelines;
using ChildProc;

namespace Recipes;

/// <summary><see cref="ChildStdio.Pipe"/>, read and written.</summary>
internal static class PipeRecipes
{
    public static async Task ReadAsync()
    {
        // <pipe-read>
        await using IChildProcess child = await ChildProcess.StartAsync(new("seq", "100000") { StandardOutput = ChildStdio.Pipe });
        long bytes = 0;
        ReadResult read;
        do
        {
            read = await child.StandardOutput.ReadAsync();
            bytes += read.Buffer.Length;
            child.StandardOutput.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);

        ExitStatus status = await child.WaitForExitAsync();
        // </pipe-read>

        Check.Equal(588_895, bytes);
        Check.That(status.IsSuccess);
    }

    public static async Task AsStreamAsync()
    {
        // <pipe-stream>
        await using IChildProcess yes = await ChildProcess.StartAsync(new("yes") { StandardOutput = ChildStdio.Pipe });
        string? first;
        using (StreamReader reader = new(yes.StandardOutput.AsStream()))
        {
            first = await reader.ReadLineAsync();
        }

        ExitStatus status = await yes.WaitForExitAsync();   // SIGPIPE: the reader is closed, and so is the pipe
        // </pipe-stream>

        Check.Equal("y", first);
        Check.Equal(ChildSignal.Pipe, status.Signal);
    }

    public static async Task ConversationAsync()
    {
        // <conversation>
        await using IChildProcess cat = await ChildProcess.StartAsync(
            new("cat") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        using StreamReader answers = new(cat.StandardOutput.AsStream());

        await cat.StandardInput.WriteAsync("one\n"u8.ToArray());
        string? answer = await answers.ReadLineAsync();     // "one"
        await cat.StandardInput.CompleteAsync();            // end of file
        ExitStatus status = await cat.WaitForExitAsync();
        // </conversation>

        Check.Equal("one", answer);
        Check.That(status.IsSuccess);
    }

    public static async Task StopsReadingAsync()
    {
        // <stops-reading>
        await using IChildProcess head = await ChildProcess.StartAsync(
            new("head", "-n", "1") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Null });
        byte[] lines = "line\n"u8.ToArray();
        while (!(await head.StandardInput.WriteAsync(lines)).IsCompleted)
        {
            // once more: it still reads
        }

        ExitStatus status = await head.WaitForExitAsync();  // exit 0: it had enough, and nothing was thrown
        // </stops-reading>

        Check.That(status.IsSuccess);
    }

    public static async Task GoneAsync()
    {
        // <gone>
        await using IChildProcess child = await ChildProcess.StartAsync(
            new("echo", "last words") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        ExitStatus status = await child.WaitForExitAsync();

        bool received = child.Signal(ChildSignal.Terminate);                                // false: nobody is left
        FlushResult flush = await child.StandardInput.WriteAsync("too late\n"u8.ToArray()); // IsCompleted: nobody reads
        string words = await new StreamReader(child.StandardOutput.AsStream()).ReadToEndAsync(); // "last words\n"
        ExitStatus same = await child.StopAsync();                                          // at once
        // </gone>

        Check.That(!received);
        Check.That(flush.IsCompleted);
        Check.Equal("last words\n", words);
        Check.Equal(status, same);
    }
}
