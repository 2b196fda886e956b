using ChildProc;

/// <summary>
/// Children that end as soon as they began, in a process that forks nothing else: nobody but the child ever holds an end of
/// its pipes, so nothing may be cut and nothing waited for.
/// </summary>
internal static class QuickEnds
{
    internal static async Task<int> RunAsync(string puppet, int times)
    {
        int cut = 0, lost = 0;
        ChildProcessStartInfo flood = new(puppet, "flood", "60000") { DrainTimeout = TimeSpan.Zero, OutputEncoding = System.Text.Encoding.Latin1 };
        for (int i = 0; i < times; i++)
        {
            CapturedResult captured = await ChildProcess.CaptureAsync(flood);
            long seen = 0;
            ChildResult pumped = await ChildProcess.RunAsync(new ChildProcessStartInfo(flood)
            {
                StandardOutput = ChildStdio.Chunks(chunk =>
                {
                    seen += chunk.Length;
                    return default;
                }),
            });
            cut += (captured.OutputIncomplete ? 1 : 0) + (pumped.OutputIncomplete ? 1 : 0);
            lost += (captured.StandardOutput.Length == 60_000 ? 0 : 1) + (seen == 60_000 ? 0 : 1);

            // With a reader left, the input would be waited for without an end.
            ChildProcessStartInfo fed = new(puppet, "exit", "3") { StandardInput = ChildStdio.Stream(new Silent()), DrainTimeout = Timeout.InfiniteTimeSpan };
            await ChildProcess.RunAsync(fed);
            using IChildProcess child = ChildProcess.Start(fed);
            child.WaitForExit();
            await child.WaitForStreamsAsync();
        }

        Console.WriteLine($"cut {cut}, lost {lost}");
        return 0;
    }

    private sealed class Silent : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(new TaskCompletionSource<int>().Task);
    }
}
