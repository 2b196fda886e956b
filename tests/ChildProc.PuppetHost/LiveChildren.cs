using ChildProc;

/// <summary>What so many live children add, idle, and with a pending wait and a pending read on some of them.</summary>
internal static class LiveChildren
{
    internal static async Task<int> RunAsync(string puppet, int count, int waited)
    {
        PreparedCommand command = ChildProcess.Prepare(new ChildProcessStartInfo(puppet, "wait-eof") { StandardInput = ChildStdio.Pipe, StandardOutput = ChildStdio.Pipe });
        List<IChildProcess> children = new(count + 20);
        List<Task> pending = [];
        Grow(20);
        Await(0, 20);
        Footprint before = Footprint.Now();
        Grow(count);
        Console.WriteLine($"bytes={(Footprint.Now() - before).Managed / count}");
        Await(20, waited);
        Footprint added = Footprint.Now() - before;
        Console.WriteLine($"threads={added.Threads}");
        Console.WriteLine($"poolThreads={added.PoolThreads}");
        foreach (IChildProcess child in children)
        {
            await child.StandardInput.CompleteAsync();
        }

        await Task.WhenAll(pending);
        children.ForEach(static c => c.Dispose());
        return 0;

        void Grow(int by)
        {
            for (int i = 0; i < by; i++)
            {
                children.Add(command.Start());
            }
        }

        void Await(int skipped, int waited)
        {
            foreach (IChildProcess child in children.Skip(skipped).Take(waited))
            {
                pending.Add(child.WaitForExitAsync().AsTask());
                pending.Add(child.StandardOutput.ReadAsync().AsTask());
            }
        }
    }
}
