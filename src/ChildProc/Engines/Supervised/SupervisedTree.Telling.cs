using ChildProc.Diagnostics;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <content>What the supervisor is told.</content>
/// <remarks>
/// Signals take a quarter of the lifeline's buffer and no more, for that is what makes it writable for poll(2) (unix_writable in the
/// kernel's net/unix/af_unix.c): a kill and a release always find room behind hundreds that a stopped supervisor has not read.
/// </remarks>
internal sealed partial class SupervisedTree
{
    private const int RoomMilliseconds = 2000, LookMilliseconds = 10;
    private bool _killSent;

    protected override bool Send(ChildSignal signal, SignalScope scope)
    {
        Wire.Signal frame = new()
        {
            Frame = new Wire.Frame(Wire.FrameType.Signal, 16),
            Number = (uint)signal.Number,
            Scope = (uint)scope,
        };
        bool gone = scope == SignalScope.Tree ? IsEmpty : HasExited;
        if (gone)
        {
            return false;
        }

        int error = HasRoom(Environment.TickCount64 + RoomMilliseconds) ? Tell(frame) : Libc.EAGAIN;
        if (error is not (0 or Libc.EPIPE))
        {
            Log.SignalFailed(Logger, Id, frame.Number, error);
        }

        return error == 0;
    }

    protected override async ValueTask<bool> WhenCanSend(ChildSignal signal, TimeSpan patience)
    {
        long deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (!HasRoom(deadlineTicks: 0))
        {
            if (Environment.TickCount64 >= deadline)
            {
                Log.SignalFailed(Logger, Id, (uint)signal.Number, Libc.EAGAIN);
                return false;
            }

            await Task.Delay(LookMilliseconds).ConfigureAwait(false);
        }

        return true;
    }

    // Once is enough: the supervisor kills until nobody is left.
    protected override void SendKill()
    {
        if (!Interlocked.Exchange(ref _killSent, true) && Tell(new Wire.Frame(Wire.FrameType.Kill, 8)) is not (0 or Libc.EPIPE))
        {
            _session.KillSupervisor(SupervisorPid, _claim); // no memory for a message: its guardian kills the tree
        }
    }

    // For a signal; true also when the lifeline is closed.
    private bool HasRoom(long deadlineTicks)
    {
        if (!_lifeline.TryUse(out Lifeline.Use use))
        {
            return true;
        }

        using (use)
        {
            return SeqPacket.Wait(use.Number, Libc.POLLOUT, deadlineTicks);
        }
    }

    // Never waits. 0 or errno, EPIPE when nobody hears it any more.
    private int Tell<T>(T frame)
        where T : unmanaged
    {
        if (!_lifeline.TryUse(out Lifeline.Use use))
        {
            return Libc.EPIPE;
        }

        using (use)
        {
            int error = SeqPacket.Send(use.Number, frame);
            return error is Libc.ECONNRESET or Libc.ENOTCONN ? Libc.EPIPE : error;
        }
    }
}
