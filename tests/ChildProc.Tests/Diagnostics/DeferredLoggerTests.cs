using ChildProc.Diagnostics;
using ChildProc.Tests.Infrastructure;
using Microsoft.Extensions.Logging;

namespace ChildProc.Tests.Diagnostics;

public sealed class DeferredLoggerTests
{
    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_logger_that_takes_its_time_to_say_whether_it_wants_a_message_holds_nobody_up(bool wantsIt)
    {
        using SlowLogger slow = new(wantsIt);
        Log.Forgotten(new DeferredLogger(slow), pid: 7);
        Assert.Equal(0, slow.Messages);
        slow.Go.Set();
        await Eventually.HoldsAsync(() => slow.Asked == 1 && slow.Messages == (wantsIt ? 1 : 0), "it is asked, and told if it wants to be");
    }

    private sealed class SlowLogger(bool wantsIt) : ILogger, IDisposable
    {
        private int _asked, _messages;

        internal ManualResetEventSlim Go { get; } = new();

        internal int Asked => Volatile.Read(ref _asked);

        internal int Messages => Volatile.Read(ref _messages);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel)
        {
            Go.Wait();
            Interlocked.Increment(ref _asked);
            return wantsIt;
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Interlocked.Increment(ref _messages);

        public void Dispose() => Go.Dispose();
    }
}
