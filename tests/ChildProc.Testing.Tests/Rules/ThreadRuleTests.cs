using ChildProc.Testing.Tests.Infrastructure;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Testing.Tests.Rules;

public sealed class ThreadRuleTests
{
    [Theory(Timeout = 120_000)]
    [InlineData("ChildProc reactor")] // a second one
    [InlineData("ChildProc pump")]
    public async Task A_thread_of_the_library_besides_those_it_keeps_is_reported(string name)
    {
        await ChildProcess.RunAsync(Puppet.Info("exit", "0"), TestContext.Current.CancellationToken);
        await using LeakCheck check = Checks.Begin();
        using Named thread = new(name);
        Leak leak = await check.SingleAsync(LeakKind.Thread);
        Assert.Equal(("CPL010", name[..Math.Min(name.Length, 15)]), (leak.Rule, leak.Name));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_thread_of_somebody_else_is_not_reported()
    {
        await using LeakCheck check = Checks.Begin();
        using Named thread = new("Child worker");
        await check.CleanAsync();
    }

    private sealed class Named : IDisposable
    {
        private readonly ManualResetEventSlim _over = new();
        private readonly Thread _thread;

        internal Named(string name)
        {
            using ManualResetEventSlim begun = new();
            _thread = new Thread(() =>
            {
                begun.Set();
                _over.Wait();
            })
            { Name = name };
            _thread.Start();
            begun.Wait();
        }

        public void Dispose()
        {
            _over.Set();
            _thread.Join();
            _over.Dispose();
        }
    }
}
