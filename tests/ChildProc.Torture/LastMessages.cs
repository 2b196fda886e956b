using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ChildProc.Torture;

/// <summary>The last messages of the library, for whoever looks for the cause of what went wrong.</summary>
internal sealed class LastMessages : ILoggerFactory, ILogger
{
    private const int Kept = 40;
    private readonly ConcurrentQueue<string> _messages = new();

    internal IEnumerable<string> Texts => _messages;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _messages.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {formatter(state, exception)}");
        while (_messages.Count > Kept)
        {
            _messages.TryDequeue(out _);
        }
    }

    public void Dispose()
    {
    }
}
