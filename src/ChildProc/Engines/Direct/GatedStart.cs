using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Engines.Supervised;
using ChildProc.Events;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>One start through the <see cref="ChildProgram"/>, from its process to the answer.</summary>
/// <remarks>
/// The program does nothing before it has its request. By then the host holds its pidfd, so no reaper in the host can take the
/// child unseen, and the watchdog knows its group, so the end of the host leaves nothing. The answer is a failure, or the end
/// of the channel, which the exec of the child's program closes. <see cref="_reading"/>: the starting thread reads, or the reactor.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class GatedStart : IReactorEntry, IDisposable
{
    private readonly Lock _reading = new();
    private readonly Descriptor _channel;
    private readonly Func<int, Descriptor, DirectTree> _makeTree;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Wire.Failed _failure;
    private volatile bool _isOver;

    /// <param name="channel">Taken over.</param>
    /// <param name="makeTree">Makes the tree of a detached child.</param>
    internal GatedStart(Descriptor channel, Func<int, Descriptor, DirectTree> makeTree)
    {
        _channel = channel;
        _makeTree = makeTree;
    }

    public int Slot { get; set; } = IReactorEntry.NotRegistered;

    /// <summary>Null while a detached child has no pid yet.</summary>
    internal DirectTree? Tree { get; set; }

    /// <summary>The process between the host and a detached child, where the child will be the host's own when that has ended; or null.</summary>
    internal Descriptor? Between { get; set; }

    /// <summary>The program waits for its request.</summary>
    internal bool IsAlive => !SeqPacket.Wait(_channel.Number, Libc.POLLIN, deadlineTicks: 0);

    /// <summary>Why there is no child that can be held; 0 when there is.</summary>
    internal int Error { get; private set; }

    /// <summary>There is an answer.</summary>
    internal bool IsOver => _isOver;

    /// <summary>The answer is a failure.</summary>
    internal bool HasFailed { get; private set; }

    internal Wire.Failed Failure => _failure;

    /// <summary>0 or errno; <see cref="Libc.ETOOMANYREFS"/>: later.</summary>
    internal unsafe int Send(RequestImage image, StartResources resources)
    {
        Wire.Request header = image.Header(default, resources);
        ReadOnlySpan<byte> body = image.IsInline ? image.Body : default;
        return SeqPacket.Send(_channel.Number, new ReadOnlySpan<byte>(&header, sizeof(Wire.Request)), body, resources.Message(resources.WorkingDirectory));
    }

    /// <summary>Blocks until there is an answer or the time is over.</summary>
    internal void WaitForAnswer(long deadlineTicks)
    {
        while (!_isOver && SeqPacket.Wait(_channel.Number, Libc.POLLIN, deadlineTicks))
        {
            ReadAll();
        }
    }

    /// <summary>Completes when there is an answer; from here on the reactor reads. Errno: it cannot.</summary>
    internal Task WhenAnswered(out int error)
    {
        error = Reactor.Shared.Add(_channel.Number, this, Libc.EPOLLIN);
        return _answered.Task;
    }

    public void OnReady(uint events) => ReadAll();

    /// <summary>Without an answer yet, the program ends by this.</summary>
    public void Dispose()
    {
        lock (_reading)
        {
            _isOver = true;
            Between?.Dispose();
            if (!_channel.IsClosed)
            {
                Reactor.Shared.Remove(_channel.Number, this);
                _channel.Dispose();
            }
        }
    }

    private void ReadAll()
    {
        Span<byte> buffer = stackalloc byte[256];
        lock (_reading)
        {
            while (!_isOver)
            {
                int length = SeqPacket.Receive(_channel.Number, buffer, out bool unread);
                Error = unread ? Libc.ECONNRESET : Error; // it has ended without its request
                if (length == -Libc.EAGAIN)
                {
                    return;
                }

                ReadOnlySpan<byte> message = buffer[..Math.Max(length, 0)];
                while (Wire.TryNext(ref message, out Wire.FrameType type, out ReadOnlySpan<byte> frame))
                {
                    if (type == Wire.FrameType.Failed && Wire.TryRead(frame, out _failure))
                    {
                        HasFailed = true;
                    }
                    else if (type == Wire.FrameType.Started && Wire.TryRead(frame, out Wire.Started started))
                    {
                        OnDetached(started.Pid);
                    }
                }

                _isOver = length <= 0;
            }

            Reactor.Shared.Remove(_channel.Number, this);
        }

        _answered.TrySetResult();
    }

    // Its parent, the program, keeps it from being reaped until it hears GO.
    private void OnDetached(int pid)
    {
        if (PidFd.Open(pid) is { } pidFd)
        {
            Tree = _makeTree(pid, pidFd);
        }
        else
        {
            Error = Marshal.GetLastPInvokeError();
            _ = Libc.kill(pid, Libc.SIGKILL);
        }

        _ = SeqPacket.Send(_channel.Number, new Wire.Frame(Wire.FrameType.Go, 8));
    }
}
