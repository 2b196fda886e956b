using System.Globalization;
using ChildProc;
using Microsoft.Extensions.Logging;

/// <summary>Blocking disposals on every thread of the pool at once, and how often the log says that a tree is not empty.</summary>
internal sealed class PoolDisposal : ILoggerFactory, ILogger
{
    private const int NotEmpty = 5; // the event's number

    private int _notEmpty;

    internal static async Task<int> RunAsync(string puppet, int count)
    {
        using PoolDisposal log = new();
        await using IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { LoggerFactory = log });
        List<IChildProcess> children = [];
        for (int i = 0; i < count; i++)
        {
            children.Add(await host.StartAsync(new ChildProcessStartInfo(puppet, "pause")));
        }

        await Task.WhenAll(children.ConvertAll(static child => Task.Run(child.Dispose)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} disposed, {Volatile.Read(ref log._notEmpty)} not empty")); // as whoever gave up waiting says
        return 0;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == NotEmpty)
        {
            Interlocked.Increment(ref _notEmpty);
        }
    }

    public void Dispose()
    {
    }
}
