using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Stdio;

/// <summary>Where and when code of the caller's runs.</summary>
public sealed class CallbackThreadTests
{
    [Fact(Timeout = 60_000)]
    public async Task Callbacks_of_one_stream_never_run_at_the_same_time()
    {
        int running = 0, most = 0, calls = 0;
        async ValueTask CallAsync()
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            calls++;
        }

        await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("flood-lines", "20000"))
        {
            StandardOutput = ChildStdio.Tee(ChildStdio.Lines(_ => CallAsync()), ChildStdio.Chunks(_ => CallAsync())),
        });
        Assert.Equal(1, most);
        Assert.InRange(calls, 20_001, int.MaxValue);
    }

    [Fact(Timeout = 60_000)]
    public void Callbacks_and_streams_run_on_the_pool_and_never_on_the_reactor_or_the_thread_that_starts()
    {
        List<string> wrong = [];
        void Look(string what)
        {
            if (!Thread.CurrentThread.IsThreadPoolThread || Thread.CurrentThread.Name?.StartsWith("ChildProc", StringComparison.Ordinal) == true || SynchronizationContext.Current is not null)
            {
                lock (wrong)
                {
                    wrong.Add($"{what} on {Thread.CurrentThread.Name}");
                }
            }
        }

        ChildProcessStartInfo info = new(Puppet.Seq("print", "one", ",", "eprint", "two", ",", "cat", ",", "exit", "0"))
        {
            StandardInput = ChildStdio.Stream(new Watched(Look)),
            StandardOutput = ChildStdio.Tee(ChildStdio.Lines(_ => Look("line")), ChildStdio.Stream(new Watched(Look))),
            StandardError = ChildStdio.Chunks(_ =>
            {
                Look("chunk");
                return default;
            }),
        };
        Thread starter = new(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new Forbidden());
            for (int i = 0; i < 100; i++)
            {
                using IChildProcess child = ChildProcess.Start(info);
                child.WaitForExit();
                child.WaitForStreamsAsync().AsTask().GetAwaiter().GetResult();
            }
        }) { Name = "starter" };
        starter.Start();
        starter.Join();
        Assert.Empty(wrong.Distinct());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_that_blocks_its_thread_holds_up_no_start()
    {
        using ManualResetEventSlim release = new();
        IChildProcess child = await Task.Run(() => ChildProcess.Start(new ChildProcessStartInfo(Puppet.Info("exit", "4")) { StandardInput = ChildStdio.Stream(new Watched(_ => release.Wait())) }))
            .WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(4, (await child.WaitForExitAsync()).Code);
        await child.DisposeAsync();
        release.Set();
        await child.WaitForStreamsAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Callbacks_that_block_their_threads_keep_no_other_child_from_its_exit()
    {
        // With its thread in the callback, the reactor would hear of no exit at all.
        using ManualResetEventSlim release = new();
        using SemaphoreSlim called = new(0);
        List<IChildProcess> children = [];
        for (int i = 0; i < 3; i++)
        {
            children.Add(await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("flood-lines", "1"))
            {
                StandardOutput = ChildStdio.Lines(_ =>
                {
                    called.Release();
                    release.Wait();
                }),
            }));
        }

        for (int i = 0; i < 3; i++)
        {
            await called.WaitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(6, (await ChildProcess.RunAsync(Puppet.Info("exit", "6"))).Status.Code);
        Assert.All(children, static c => Assert.True(c.WaitForExit().IsSuccess));
        release.Set();
        foreach (IChildProcess child in children)
        {
            await child.WaitForStreamsAsync();
            await child.DisposeAsync();
        }
    }

    private sealed class Watched(Action<string> look) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            look("read");
            return new(0);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            look("write");
            return default;
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            look("flush");
            return Task.CompletedTask;
        }
    }

    private sealed class Forbidden : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                SetSynchronizationContext(this);
                d(state);
            },
            null);
    }
}
