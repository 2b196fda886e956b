using ChildProc;

/// <summary>Children with each kind of stream that the library serves, for <see cref="Flatness"/>: what many of them leave behind.</summary>
internal static class PumpedCycles
{
    private static readonly byte[] s_input = new byte[100_000];

    internal static async Task RunAsync(string puppet, int turn)
    {
        ChildProcessStartInfo cat = new(puppet, "cat"), flood = new(puppet, "flood", "100000");
        long seen = 0;
        ChildStdio counting = ChildStdio.Chunks(chunk =>
        {
            seen += chunk.Length;
            return default;
        });
        switch (turn % 8)
        {
            case 0:
                await ChildProcess.RunAsync(new ChildProcessStartInfo(cat) { StandardInput = ChildStdio.Bytes(s_input), StandardOutput = counting });
                Expect(seen, s_input.Length);
                break;
            case 1:
                using (MemoryStream input = new(s_input), output = new(s_input.Length))
                {
                    await ChildProcess.RunAsync(new ChildProcessStartInfo(cat) { StandardInput = ChildStdio.Stream(input), StandardOutput = ChildStdio.Stream(output) });
                    Expect(output.Length, s_input.Length);
                }

                break;
            case 2:
                await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "chatty", "200") { StandardOutput = ChildStdio.Lines(_ => seen++), StandardError = ChildStdio.ToStandardOutput });
                Expect(seen, 200);
                break;
            case 3:
                ChildStdio tee = ChildStdio.Tee(ChildStdio.Pipe, ChildStdio.File("/dev/null"), ChildStdio.Null, counting);
                await ChildProcess.CaptureAsync(new ChildProcessStartInfo(flood) { StandardOutput = tee });
                Expect(seen, 100_000);
                break;
            case 4: // disposed in the middle of everything
                await using (await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "seq", "flood", "100000", ",", "pause")
                {
                    StandardInput = ChildStdio.Bytes(s_input),
                    StandardOutput = counting,
                    StandardError = ChildStdio.Lines(static _ => { }),
                }))
                {
                }

                break;
            case 5: // cancelled
                using (CancellationTokenSource cancel = new())
                {
                    ChildProcessStartInfo info = new(puppet, "seq", "flood", "100000", ",", "pause") { StandardOutput = ChildStdio.Chunks(_ => new ValueTask(cancel.CancelAsync())) };
                    await FailAsync<OperationCanceledException>(ChildProcess.RunAsync(info, cancel.Token));
                }

                break;
            case 6: // a callback that throws
                await FailAsync<FormatException>(ChildProcess.RunAsync(new ChildProcessStartInfo(flood) { StandardOutput = ChildStdio.Chunks(static _ => throw new FormatException()) }));
                break;
            default: // a start that fails behind the open file of a tee
                await FailAsync<ChildProcessStartException>(ChildProcess.RunAsync(new ChildProcessStartInfo("/etc/passwd")
                {
                    StandardInput = ChildStdio.Text("x"),
                    StandardOutput = ChildStdio.Tee(ChildStdio.File("/dev/null"), counting),
                    StandardError = ChildStdio.Lines(static _ => { }),
                }));
                break;
        }
    }

    private static void Expect(long seen, long expected)
        => _ = seen == expected ? 0 : throw new InvalidOperationException($"{seen} instead of {expected}");

    private static async Task FailAsync<T>(Task run)
        where T : Exception
    {
        try
        {
            await run;
        }
        catch (T)
        {
            return;
        }

        throw new InvalidOperationException($"no {typeof(T).Name}");
    }
}
