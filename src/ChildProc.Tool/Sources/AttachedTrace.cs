using System.Diagnostics.Tracing;
using ChildProc.Tool.Audit;
using Microsoft.Diagnostics.NETCore.Client;

namespace ChildProc.Tool.Sources;

/// <summary>
/// Listens to the library in a running .NET program, by the runtime's diagnostics socket. The socket and its thread are the
/// runtime's own: they are there for the whole of the look, so nothing of them grows.
/// </summary>
internal sealed class AttachedTrace : IDisposable
{
    private const int MostBytes = 64 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly EventPipeSession _session;
    private readonly MemoryStream _trace = new();
    private readonly Task _copy;
    private bool _isFull;

    private AttachedTrace(EventPipeSession session)
    {
        _session = session;
        _copy = Task.Run(CopyAsync);
    }

    /// <summary>Null where there is nothing to listen to: no .NET program, one of another user, or one whose diagnostics are off.</summary>
    internal static AttachedTrace? Start(int pid)
    {
        try
        {
            if (!DiagnosticsClient.GetPublishedProcesses().Contains(pid))
                return null;
            return new(new DiagnosticsClient(pid).StartEventPipeSession([new EventPipeProvider(LibraryEvent.Provider, EventLevel.Verbose, keywords: -1)], requestRundown: false));
        }
        catch (Exception e) when (e is DiagnosticsClientException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Ends the session and returns what was said; what is missing is told to the story.</summary>
    internal IReadOnlyList<AppEvent> Finish(History story)
    {
        try
        {
            _session.Stop();
        }
        catch (Exception e) when (e is DiagnosticsClientException or IOException or TimeoutException)
        {
            // the program has ended, and the trace with it
        }

        if (!_copy.Wait(s_patience))
        {
            story.Miss("the trace of the program did not end");
            return [];
        }

        if (_isFull)
            story.Miss($"the trace of the program has more than {MostBytes >> 20} MiB: the rest is left out");
        _trace.Position = 0;
        NettraceReader reader = new();
        reader.Read(_trace);
        foreach (string gap in _isFull ? [] : reader.Gaps)
            story.Miss(gap, "trace");
        return reader.Events;
    }

    public void Dispose()
    {
        _session.Dispose();
        _trace.Dispose();
    }

    // To the end of the stream in any case: the program must not wait for a full socket.
    private async Task CopyAsync()
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            int length;
            while ((length = await _session.EventStream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            {
                _isFull |= _trace.Length + length > MostBytes;
                if (!_isFull)
                    _trace.Write(buffer, 0, length);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // as far as it came; the trace then has no end mark, and the reader says so
        }
    }
}
