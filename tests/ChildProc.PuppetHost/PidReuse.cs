using ChildProc;

/// <summary>
/// Child objects of processes that are gone, in a namespace where numbers come again soon: none of them may reach whoever has its
/// number now.
/// </summary>
internal static class PidReuse
{
    internal static async Task<int> RunAsync(string puppet, int times)
    {
        List<IChildProcess> gone = [];
        HashSet<int> numbers = [];
        int reused = 0, wrong = 0, heard = 0;
        for (int i = 0; i < times; i++)
        {
            IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "exit", "7"));
            wrong += (await child.WaitForExitAsync()).Code == 7 ? 0 : 1;
            reused += numbers.Add(child.Id) ? 0 : 1;
            gone.Add(child);
            if (i % 50 == 49)
            {
                // Whoever has one of the numbers now must not notice.
                await using IChildProcess alive = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "pause"));
                foreach (IChildProcess stale in gone)
                {
                    heard += stale.Signal(ChildSignal.Terminate) || stale.Signal(ChildSignal.Terminate, SignalScope.Tree) ? 1 : 0;
                    stale.Kill();
                }

                wrong += alive.HasExited ? 1 : 0;
                wrong += (await alive.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1)))).Signal == ChildSignal.Terminate ? 0 : 1;
            }
        }

        gone.ForEach(static child => child.Dispose());
        Console.WriteLine($"reused {reused > 0}, wrong {wrong}, heard {heard}");
        return 0;
    }
}
