using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Events;
using ChildProc.Interop;
using ChildProc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Supervised;

/// <summary>One guardian as its host sees it: the request socket, the control socket, and the trees begun through it.</summary>
/// <remarks>
/// Ends when the guardian dies, or by <see cref="Retire"/> (the host changed its identity, or asked for a new one). Trees
/// outlive the end of their session: they hang on their lifelines. <see cref="_gate"/> guards the set of trees and the
/// two flags; nothing is called under it. <see cref="_unsent"/> guards itself: what a guardian that does not read has no room for.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class GuardianSession : IReactorEntry
{
    private readonly Lock _gate = new();
    private readonly HashSet<SupervisedTree> _trees = [];
    private readonly Descriptor _requests;
    private readonly Descriptor _control;
    private readonly Descriptor? _pidFd; // its watch closes it
    private readonly RoomWatch _room = new();
    private readonly Queue<byte[]> _unsent = [];
    private readonly ILogger _logger;
    private bool _retired;
    private bool _dead;
    private bool _closed;

    internal GuardianSession(GuardianProcess.Connection connection, HostIdentity identity, ILogger logger)
    {
        (_requests, _control, _pidFd, Pid) = connection;
        if (_pidFd is not null)
        {
            ZombieWatch.WatchGuardian(_pidFd);
        }

        Identity = identity;
        _logger = logger;
        int error = Reactor.Shared.Add(_control.Number, this, Libc.EPOLLIN);
        if (error != 0)
        {
            Close();
            ProgramUnavailableException.ThrowIfFailed(error, "epoll_ctl");
        }
    }

    public int Slot { get; set; } = IReactorEntry.NotRegistered;

    internal int Pid { get; }

    internal HostIdentity Identity { get; }

    /// <summary>It starts nothing any more, and none of its trees is left.</summary>
    internal bool IsOver
    {
        get
        {
            lock (_gate)
            {
                return (_retired || _dead) && _trees.Count == 0;
            }
        }
    }

    /// <summary>A start may begin here.</summary>
    internal bool Serves
    {
        get
        {
            lock (_gate)
            {
                return !_retired && !_dead;
            }
        }
    }

    internal bool IsDead
    {
        get
        {
            lock (_gate)
            {
                return _dead;
            }
        }
    }

    /// <summary>
    /// Before its request is sent, so that the end of this guardian also ends the wait for it; again when it is sent again.
    /// False when no start may begin here any more.
    /// </summary>
    internal bool TryAdd(SupervisedTree tree)
    {
        lock (_gate)
        {
            if (!_retired && !_dead)
            {
                _trees.Add(tree);
                return true;
            }

            return false;
        }
    }

    internal void Remove(SupervisedTree tree)
    {
        bool close;
        lock (_gate)
        {
            close = _trees.Remove(tree) && _trees.Count == 0 && _retired;
        }

        if (close)
        {
            Close();
        }
    }

    internal SupervisedTree[] Trees()
    {
        lock (_gate)
        {
            return [.. _trees];
        }
    }

    internal void AddDescriptors(List<int> descriptors) => Descriptor.AddOpen(descriptors, _requests, _control, _pidFd);

    /// <summary>0 or errno: EAGAIN when the socket is full, EPIPE when nobody is left to read it.</summary>
    internal int TrySend(ReadOnlySpan<byte> request, ReadOnlySpan<byte> body, ReadOnlySpan<int> descriptors)
    {
        try
        {
            using HandleUse socket = new(_requests);
            return SeqPacket.Send(socket.Number, request, body, descriptors);
        }
        catch (ObjectDisposedException)
        {
            return Libc.EPIPE;
        }
    }

    /// <summary>Completes when the request socket may have room.</summary>
    internal Task WhenRoom()
    {
        try
        {
            using HandleUse socket = new(_requests);
            return _room.WhenWritable(socket.Number);
        }
        catch (ObjectDisposedException)
        {
            return Task.CompletedTask;
        }
    }

    /// <summary>Waits until the request socket has room, or the time is over.</summary>
    internal void WaitForRoom(long deadlineTicks)
    {
        try
        {
            using HandleUse socket = new(_requests);
            SeqPacket.Wait(socket.Number, Libc.POLLOUT, deadlineTicks);
        }
        catch (ObjectDisposedException)
        {
            // the next attempt to send tells
        }
    }

    /// <summary>Ends a supervisor that hangs before its child executes.</summary>
    internal void KillSupervisor(int pid, uint claim)
        => Tell(new Wire.Supervisor { Frame = new Wire.Frame(Wire.FrameType.KillSupervisor, 16), Pid = pid, Claim = claim });

    /// <summary>No more starts here; the guardian leaves with its last tree.</summary>
    internal void Retire()
    {
        bool close;
        lock (_gate)
        {
            if (_retired || _dead)
            {
                return;
            }

            _retired = true;
            close = _trees.Count == 0;
        }

        Tell(new Wire.Frame(Wire.FrameType.Retire, 8));
        if (close)
        {
            Close();
        }
    }

    public void OnReady(uint events)
    {
        if ((events & Libc.EPOLLOUT) != 0)
        {
            SendUnsent();
        }

        Span<byte> buffer = stackalloc byte[256];
        while (true)
        {
            int length;
            try
            {
                using HandleUse control = new(_control);
                length = SeqPacket.Receive(control.Number, buffer);
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            if (length == -Libc.EAGAIN)
            {
                return;
            }

            if (length <= 0)
            {
                Die();
                return;
            }

            ReadOnlySpan<byte> message = buffer[..length];
            while (Wire.TryNext(ref message, out Wire.FrameType type, out ReadOnlySpan<byte> frame))
            {
                if (type == Wire.FrameType.PoolFailed && Wire.TryRead(frame, out Wire.PoolFailed failed))
                {
                    FailWaiting(failed.Error);
                }
                else if (type == Wire.FrameType.SupervisorLost && Wire.TryRead(frame, out Wire.Supervisor lost))
                {
                    foreach (SupervisedTree tree in Trees())
                    {
                        tree.OnOrphansKilled(this, lost.Pid);
                    }
                }
            }
        }
    }

    // Starts that nobody has claimed would wait for a supervisor that cannot be made.
    private void FailWaiting(int error)
    {
        Log.PoolFailed(_logger, error);
        foreach (SupervisedTree tree in Trees())
        {
            tree.AbortUnclaimed(this, error);
        }
    }

    private void Die()
    {
        bool expected;
        lock (_gate)
        {
            _dead = true;
            expected = _retired;
        }

        if (!expected)
        {
            Log.GuardianLost(_logger, Pid);
        }

        foreach (SupervisedTree tree in Trees())
        {
            tree.OnGuardianLost(this);
        }

        Close();
    }

    // In order, and now or when there is room. An error means that it is dead, which the reactor sees.
    private void Tell<T>(T frame)
        where T : unmanaged
    {
        lock (_unsent)
        {
            try
            {
                using HandleUse control = new(_control);
                if (_unsent.Count > 0 || SeqPacket.Send(control.Number, frame) == Libc.EAGAIN)
                {
                    _unsent.Enqueue(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in frame)).ToArray());
                    _ = Reactor.Shared.Arm(control.Number, this, Libc.EPOLLIN | Libc.EPOLLOUT);
                }
            }
            catch (ObjectDisposedException)
            {
            }
        }
    }

    private void SendUnsent()
    {
        lock (_unsent)
        {
            try
            {
                using HandleUse control = new(_control);
                while (_unsent.TryPeek(out byte[]? frame))
                {
                    if (SeqPacket.Send(control.Number, frame, default, default) == Libc.EAGAIN)
                    {
                        return;
                    }

                    _unsent.Dequeue();
                }

                _ = Reactor.Shared.Arm(control.Number, this, Libc.EPOLLIN);
            }
            catch (ObjectDisposedException)
            {
            }
        }
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _closed, true))
        {
            return;
        }

        Reactor.Shared.Remove(_control.Number, this); // nobody else disposes them, so the numbers are still theirs
        Reactor.Shared.Remove(_requests.Number, _room);
        _room.OnReady(0);
        _control.Dispose();
        _requests.Dispose();
        if (_pidFd is null)
        {
            ZombieLook.AfterGuardian(Pid);
        }
    }
}
