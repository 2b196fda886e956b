using System.Runtime.Versioning;
using ChildProc.Events;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>Waits, for all starts at once, until a full request socket has room again (it holds some 170 requests).</summary>
[SupportedOSPlatform("linux")]
internal sealed class RoomWatch : IReactorEntry
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _source;

    public int Slot { get; set; } = IReactorEntry.NotRegistered;

    internal Task WhenWritable(int socket)
    {
        TaskCompletionSource source;
        lock (_gate)
        {
            if (_source is not null)
            {
                return _source.Task;
            }

            source = _source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        const uint Events = Libc.EPOLLOUT | Libc.EPOLLONESHOT;
        int error = Slot == IReactorEntry.NotRegistered ? Reactor.Shared.Add(socket, this, Events) : Reactor.Shared.Arm(socket, this, Events);
        if (error != 0)
        {
            OnReady(0); // the next attempt to send tells what is wrong
        }

        return source.Task;
    }

    public void OnReady(uint events)
    {
        TaskCompletionSource? source;
        lock (_gate)
        {
            source = _source;
            _source = null;
        }

        source?.TrySetResult();
    }
}
