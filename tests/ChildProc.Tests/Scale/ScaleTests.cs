using System.Globalization;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Scale;

public sealed class ScaleTests(ITestOutputHelper output)
{
    [Fact(Timeout = 120_000)]
    public async Task A_thousand_children_at_once_cost_no_thread_and_end_with_their_own_statuses()
    {
        const int Count = 1000;
        int threads = Directory.GetDirectories("/proc/self/task").Length;
        List<IChildProcess> children = [];
        for (int i = 0; i < Count; i++)
        {
            ChildProcessStartInfo info = new(Puppet.Seq("wait-eof", ",", "exit", (i % 256).ToString(CultureInfo.InvariantCulture))) { StandardInput = ChildStdio.Pipe };
            children.Add(await ChildProcess.StartAsync(info));
        }

        Task<ExitStatus>[] waits = [.. children.Select(static c => c.WaitForExitAsync().AsTask())];
        int added = Directory.GetDirectories("/proc/self/task").Length - threads;
        output.WriteLine($"threads added with {Count} live children: {added}");
        Assert.InRange(added, -100, 40); // the runtime's own pool, other tests included
        foreach (IChildProcess child in children)
        {
            await child.StandardInput.CompleteAsync();
        }

        ExitStatus[] statuses = await Task.WhenAll(waits);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(i % 256, statuses[i].Code);
            await children[i].DisposeAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task More_starts_at_once_than_the_request_socket_holds_all_succeed()
    {
        await using IChildProcessHost host = TestHost.Create();
        ChildResult[] results = await Task.WhenAll(Enumerable.Range(0, 1500).Select(_ => host.RunAsync(Puppet.Info("exit", "11"))));
        Assert.All(results, static r => Assert.Equal(11, r.Status.Code));
    }

    [Fact(Timeout = 120_000)]
    public void Starts_from_many_threads_are_all_right()
    {
        PreparedCommand[] commands = [.. Enumerable.Range(0, 8).Select(i => ChildProcess.Prepare(Puppet.Info("exit", i.ToString(CultureInfo.InvariantCulture))))];
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            for (int n = 0; n < 100; n++)
            {
                using IChildProcess child = commands[i].Start();
                Assert.Equal(i, child.WaitForExit().Code);
            }
        });
    }
}
