using Microsoft.Extensions.Logging;

namespace ChildProc.Diagnostics;

/// <summary>The caller's logger, called on the thread pool: a logger that blocks or throws must not stop the reactor or the finalizer.</summary>
/// <remarks>Messages are few (faults, forgotten children), so each is a work item of its own; their order is not kept.</remarks>
internal sealed class DeferredLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <summary>Whether it is wanted is asked on the thread pool, too.</summary>
    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => ThreadPool.UnsafeQueueUserWorkItem(
            static message => message.Write(),
            new Message<TState>(inner, logLevel, eventId, state, exception, formatter),
            preferLocal: false);

    private sealed record Message<TState>(
        ILogger Logger, LogLevel Level, EventId Id, TState State, Exception? Exception, Func<TState, Exception?, string> Formatter)
    {
        internal void Write()
        {
            try
            {
                if (Logger.IsEnabled(Level))
                {
                    Logger.Log(Level, Id, State, Exception, Formatter);
                }
            }
            catch (Exception)
            {
                // A logger that throws has nowhere to say so.
            }
        }
    }
}
