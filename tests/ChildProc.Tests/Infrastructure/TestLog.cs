using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ChildProc.Tests.Infrastructure;

/// <summary>Keeps what the library logs.</summary>
internal sealed class TestLog : ILoggerFactory, ILogger
{
    internal ConcurrentQueue<(LogLevel Level, EventId Id, string Text)> Entries { get; } = new();

    internal bool Has(int eventId) => Entries.Any(e => e.Id.Id == eventId);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Entries.Enqueue((logLevel, eventId, formatter(state, exception)));

    public void Dispose()
    {
    }
}
