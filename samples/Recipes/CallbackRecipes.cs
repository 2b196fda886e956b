using System.Security.Cryptography;
using System.Threading.Channels;
using ChildProc;

namespace Recipes;

/// <summary>Lines, chunks and tees.</summary>
internal static class CallbackRecipes
{
    public static async Task LinesAsync()
    {
        // <lines>
        List<string> names = [], complaints = [];
        ChildResult result = await ChildProcess.RunAsync(new("ls", "/etc/passwd", "/nonexistent")
        {
            StandardOutput = ChildStdio.Lines(names.Add),
            StandardError = ChildStdio.Lines(complaints.Add),
        });
        // </lines>

        Check.Equal("/etc/passwd", names.Single());
        Check.That(complaints.Single().Contains("/nonexistent", StringComparison.Ordinal));
        Check.Equal(2, result.Status.Code);
    }

    public static async Task SlowLinesAsync()
    {
        // <lines-slow>
        Channel<string> queue = Channel.CreateBounded<string>(16);
        await using IChildProcess seq = await ChildProcess.StartAsync(
            new("seq", "1000") { StandardOutput = ChildStdio.Lines(line => queue.Writer.WriteAsync(line)) });
        Task consumer = ConsumeAsync(queue.Reader);

        await seq.WaitForStreamsAsync();    // every line has been in the callback; an exit alone does not say so
        queue.Writer.Complete();
        await consumer;
        // </lines-slow>

        Check.Equal(500_500, s_sum);
    }

    public static async Task ChunksAsync()
    {
        // <chunks>
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await ChildProcess.RunAsync(new("seq", "100000")
        {
            StandardOutput = ChildStdio.Chunks(chunk =>
            {
                hash.AppendData(chunk.Span);    // used up before it returns: the memory is lent
                return ValueTask.CompletedTask;
            }),
        });
        string digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        // </chunks>

        string[] lines = [.. Enumerable.Range(1, 100_000).Select(static i => $"{i}\n")];
        Check.Equal(Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(string.Concat(lines)))), digest);
    }

    public static async Task TeeAsync()
    {
        // <tee>
        int count = 0;
        await ChildProcess.RunAsync(new("seq", "3")
        {
            StandardOutput = ChildStdio.Tee(ChildStdio.Inherit, ChildStdio.File("numbers.log"), ChildStdio.Lines(_ => count++)),
        });
        // </tee>

        Check.Equal(3, count);
        Check.Equal("1\n2\n3\n", await File.ReadAllTextAsync("numbers.log"));
    }

    public static async Task TeeWithPipeAsync()
    {
        // <tee-pipe>
        await using IChildProcess child = await ChildProcess.StartAsync(
            new("seq", "100000") { StandardOutput = ChildStdio.Tee(ChildStdio.File("all.log"), ChildStdio.Pipe) });
        using StreamReader reader = new(child.StandardOutput.AsStream());
        string? first = await reader.ReadLineAsync();
        reader.Close();                     // enough; the file still gets the rest
        await child.WaitForStreamsAsync();
        // </tee-pipe>

        Check.Equal("1", first);
        Check.Equal(588_895, new FileInfo("all.log").Length);
    }

    private static int s_sum;

    private static async Task ConsumeAsync(ChannelReader<string> lines)
    {
        await foreach (string line in lines.ReadAllAsync())
        {
            s_sum += int.Parse(line, System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
