using System.Runtime.CompilerServices;
using ChildProc;
using Microsoft.Extensions.Logging;

/// <summary>A log whose provider is gone, as at the end of an application: every entry throws.</summary>
internal sealed class BadLog : ILoggerFactory, ILogger
{
    internal static async Task<int> RunAsync(string puppet)
    {
        IChildProcessHost host = ChildProcessHost.Create(new ChildProcessHostOptions { LoggerFactory = new BadLog() });
        Forget(host, puppet);
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        ChildResult result = await host.RunAsync(new ChildProcessStartInfo(puppet, "exit", "3"));
        Console.WriteLine(result.Status);
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(IChildProcessHost host, string puppet) => host.StartAsync(new ChildProcessStartInfo(puppet, "pause")).AsTask().GetAwaiter().GetResult();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => throw new ObjectDisposedException(nameof(BadLog));

    public void Dispose()
    {
    }
}
