using System.Security.Cryptography;
using ChildProc;

/// <summary>Bytes through many children at once, in a process that does nothing else: so its threads can be counted.</summary>
internal static class Echo
{
    internal static async Task<int> RunAsync(string puppet, int count, int bytes)
    {
        PreparedCommand cat = ChildProcess.Prepare(new ChildProcessStartInfo(puppet, "cat") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        IChildProcess[] children = new IChildProcess[count];
        for (int i = 0; i < count; i++)
        {
            children[i] = await cat.StartAsync();
        }

        Task<bool>[] echoes = Array.ConvertAll(children, child => EchoAsync(child, bytes));
        int most = 0, reactors = 0;
        do
        {
            string[] threads = ThreadNames();
            most = Math.Max(most, threads.Length);
            reactors = Math.Max(reactors, threads.Count(static t => t.StartsWith("ChildProc react", StringComparison.Ordinal)));
            await Task.WhenAny(Task.WhenAll(echoes), Task.Delay(20));
        }
        while (!Array.TrueForAll(echoes, static e => e.IsCompleted));

        int exact = (await Task.WhenAll(echoes)).Count(static e => e);
        Console.WriteLine($"exact={exact}");
        Console.WriteLine($"reactors={reactors}");
        Console.WriteLine($"threads={most}");
        return exact == count ? 0 : 1;
    }

    /// <summary>The host writes to its own output, and so does a tee of its child.</summary>
    internal static async Task<int> TeeToOutputAsync(string puppet, string[] words)
    {
        Console.WriteLine("before");
        List<string> lines = [];
        ChildResult result = await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, words)
        {
            StandardOutput = ChildStdio.Tee(ChildStdio.Inherit, ChildStdio.Lines(lines.Add)),
        });
        Console.WriteLine($"after {string.Join(", ", lines)}");
        return result.Status.IsSuccess ? lines.Count : 99;
    }

    private static async Task<bool> EchoAsync(IChildProcess child, int bytes)
    {
        byte[] sent = RandomNumberGenerator.GetBytes(bytes), received = new byte[bytes + 1];
        Task writing = WriteAsync();
        int count = await child.StandardOutput.AsStream().ReadAtLeastAsync(received, received.Length, throwOnEndOfStream: false);
        await writing;
        bool ended = (await child.WaitForExitAsync()).IsSuccess;
        await child.DisposeAsync();
        return ended && sent.AsSpan().SequenceEqual(received.AsSpan(0, count));

        async Task WriteAsync()
        {
            await child.StandardInput.WriteAsync(sent);
            await child.StandardInput.CompleteAsync();
        }
    }

    private static string[] ThreadNames()
    {
        List<string> names = [];
        foreach (string thread in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                names.Add(File.ReadAllText(thread + "/comm"));
            }
            catch (IOException)
            {
                // it just ended
            }
        }

        return [.. names];
    }
}
