using System.Runtime.Versioning;
using ChildProc.Events;
using ChildProc.Interop;
using ChildProc.Telemetry;

namespace ChildProc.Engines.Direct;

/// <summary>A child that the host holds by a pidfd: signals, and its end.</summary>
/// <remarks>
/// The reactor watches the pidfd, one event at a time. Where the kernel cannot signal a group through it, the group's number
/// is all there is, so its leader stays unreaped until <see cref="Bury"/>: the lock of <see cref="_pidFd"/> keeps a signal and the burial apart.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class OwnChild : IReactorEntry
{
    private readonly Descriptor _pidFd;
    private readonly DirectTree _tree;
    private readonly bool _keep;
    private readonly ulong _started;
    private bool _buried;

    /// <param name="pid">Its number.</param>
    /// <param name="pidFd">Taken over.</param>
    /// <param name="leadsGroup">It leads a group, which may outlive it.</param>
    /// <param name="tree">Hears on the reactor when there may be news of its end.</param>
    internal OwnChild(int pid, Descriptor pidFd, bool leadsGroup, DirectTree tree)
    {
        Pid = pid;
        LeadsGroup = leadsGroup;
        _pidFd = pidFd;
        _tree = tree;
        _started = ProcessTable.Find(pid, out _)?.Started ?? 0; // it has its number now: it lives, or is not reaped
        _keep = leadsGroup && !PidFd.SignalsGroups;
        if (ChildProcEventSource.Log.IsEnabled())
        {
            ChildProcEventSource.Log.PidfdOpened(pid, pidFd.Number);
        }
    }

    public int Slot { get; set; } = IReactorEntry.NotRegistered;

    internal int Pid { get; }

    internal bool LeadsGroup { get; }

    /// <summary>It is reaped, by whomever.</summary>
    internal bool IsBuried => Volatile.Read(ref _buried);

    /// <summary>It has ended, reaped or not.</summary>
    internal bool HasEnded
    {
        get
        {
            try
            {
                using HandleUse use = new(_pidFd);
                return SeqPacket.Wait(use.Number, Libc.POLLIN, deadlineTicks: 0);
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>Blocks until it has ended, or the time is over.</summary>
    internal void AwaitEnd(TimeSpan patience)
    {
        using HandleUse use = new(_pidFd);
        SeqPacket.Wait(use.Number, Libc.POLLIN, Environment.TickCount64 + (long)patience.TotalMilliseconds);
    }

    /// <summary>Its pidfd; null when it is closed.</summary>
    internal int? Number => _pidFd.OpenNumber;

    /// <summary>From now on its end is told. 0 or errno.</summary>
    internal int Watch() => Reactor.Shared.Add(_pidFd.Number, this, Libc.EPOLLIN | Libc.EPOLLONESHOT);

    public void OnReady(uint events) => _tree.OnEnd();

    /// <summary>
    /// 0 with its status, <see cref="ExitStatus.Unknown"/> where somebody else has reaped it and the kernel does not tell;
    /// <see cref="Libc.EAGAIN"/> when it has not ended; <see cref="Libc.ECHILD"/> when it is somebody else's to reap, who has not yet.
    /// </summary>
    internal int TryEnd(out ExitStatus status)
    {
        using HandleUse use = new(_pidFd);
        int error = PidFd.Wait(use.Number, _keep, out status);
        if (error is 0 or Libc.EAGAIN)
        {
            _buried |= error == 0 && !_keep;
            return error;
        }

        if (!HasEnded)
        {
            return Libc.EAGAIN;
        }

        // Somebody else's to reap: its status stands in /proc before that, and is the kernel's to tell after it.
        if (ProcessTable.StatusOfZombie(Pid, _started) is { } code)
        {
            status = PidFd.Status(code);
        }
        else if (PidFd.Recover(use.Number, out status) == Libc.EAGAIN)
        {
            return Libc.ECHILD;
        }

        _buried = true;
        return 0;
    }

    /// <summary>Nothing new yet: told again at the next event. Only a hang-up counts once it has ended.</summary>
    internal void WatchAgain()
    {
        try
        {
            using HandleUse use = new(_pidFd);
            _ = Reactor.Shared.Arm(use.Number, this, (HasEnded ? 0 : Libc.EPOLLIN) | Libc.EPOLLONESHOT);
        }
        catch (ObjectDisposedException)
        {
            // given up meanwhile
        }
    }

    /// <summary>0 or errno.</summary>
    internal int Signal(int signal)
    {
        try
        {
            using HandleUse use = new(_pidFd);
            return PidFd.Signal(use.Number, signal, PidFd.Process);
        }
        catch (ObjectDisposedException)
        {
            return Libc.ESRCH;
        }
    }

    /// <summary>The whole group at one stroke, those that fork in this moment included. 0 or errno.</summary>
    internal int SignalGroup(int signal)
    {
        try
        {
            using HandleUse use = new(_pidFd);
            if (PidFd.SignalsGroups)
            {
                return PidFd.Signal(use.Number, signal, PidFd.Group);
            }

            lock (_pidFd)
            {
                return _buried ? Libc.ESRCH : Libc.kill(-Pid, signal) == 0 ? 0 : System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
            }
        }
        catch (ObjectDisposedException)
        {
            return Libc.ESRCH;
        }
    }

    /// <summary>Reaps what was kept, and lets go of the process.</summary>
    internal void Bury()
    {
        int number;
        lock (_pidFd)
        {
            try
            {
                using HandleUse use = new(_pidFd);
                number = use.Number;
                if (!_buried)
                {
                    _buried = true;
                    _ = PidFd.Wait(use.Number, keep: false, out _);
                }

                Reactor.Shared.Remove(use.Number, this);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }

        ChildProcEventSource.Log.PidfdClosed(Pid, number);
        _pidFd.Dispose();
    }
}
