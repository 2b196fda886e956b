using ChildProc.Engines.Supervised;
using ChildProc.Events;
using ChildProc.Interleavings.Scheduling;
using ChildProc.Interleavings.Substitutes;
using ChildProc.Interop;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChildProc.Interleavings.Scenarios;

/// <summary>A host with its reactor, a guardian, and children whose supervisors are played by the scenario.</summary>
internal sealed class Host
{
    internal static readonly ChildProcessStartInfo Info = new("child");
    private readonly TreePool _trees = new(NullLogger.Instance);
    private readonly List<Actor> _actors = [];
    private int _pid = 100;

    internal Host()
    {
        Assert.Equal(0, Reactor.EnsureRunning());
        (int requests, _) = Kernel.Connect();
        (int control, Guardian) = Kernel.Connect();
        (int pidFd, _) = Kernel.Connect(); // of a guardian that is not the host's to bury
        Session = new GuardianSession(new GuardianProcess.Connection(new Descriptor(requests), new Descriptor(control), new Descriptor(pidFd), 99), default, NullLogger.Instance);
    }

    internal GuardianSession Session { get; }

    internal Peer Guardian { get; }

    /// <summary>Somebody who does this, at the same time as all others.</summary>
    internal void Go(string name, Action act) => _actors.Add(Scheduler.Current!.Spawn(name, act, isDaemon: false));

    /// <summary>Waits for all of them, and until the reactor is idle.</summary>
    internal void Join()
    {
        for (int i = 0; i < _actors.Count; i++)
        {
            _actors[i].Join(); // some make others
        }

        Scheduler.Settle();
    }

    /// <summary>A tree at the begin of its start, and who may claim it.</summary>
    internal (SupervisedTree Tree, Supervisor Supervisor) Begin()
    {
        (int lifeline, Peer peer) = Kernel.Connect();
        SupervisedTree tree = _trees.Rent();
        tree.Begin(Session, lifeline);
        tree.DrainTimeout = TimeSpan.FromSeconds(5);
        tree.StopPolicy = StopPolicy.Default;
        tree.DiesWithHost = true;
        return (tree, new Supervisor(peer, ++_pid));
    }

    /// <summary>A child that runs.</summary>
    internal (LocalChildProcess Child, Supervisor Supervisor) Start(CancellationToken lifetime = default)
    {
        (SupervisedTree tree, Supervisor supervisor) = Begin();
        Assert.True(Session.TryAdd(tree));
        supervisor.Start();
        Assert.Equal(SupervisedTree.StartState.Running, tree.WaitForStart(long.MaxValue));
        LocalChildProcess child = new(Info, tree, null, null, lifetime);
        GC.SuppressFinalize(child);
        return (child, supervisor);
    }

    /// <summary>Waits, as an actor does, and not by a task, which the thread pool would complete.</summary>
    internal static T Wait<T>(ValueTask<T> task)
    {
        Scheduler.Block("wait", () => task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }

    internal static void Wait(ValueTask task)
    {
        Scheduler.Block("wait", () => task.IsCompleted);
        task.GetAwaiter().GetResult();
    }
}

/// <summary>What a supervisor says.</summary>
internal sealed class Supervisor(Peer peer, int pid)
{
    private const uint CldExited = 1, CldKilled = 2;

    internal Peer Peer { get; } = peer;

    internal int Pid { get; } = pid;

    internal int ChildPid => Pid + 1000;

    private byte[] Empty { get; } = Peer.Frame(new Wire.Frame(Wire.FrameType.TreeEmpty, 8));

    internal void Start()
    {
        Claim();
        Peer.Send(Peer.Frame(new Wire.Started { Frame = new Wire.Frame(Wire.FrameType.Started, 16), Pid = ChildPid }));
    }

    internal void Claim() => Peer.Send(Peer.Frame(new Wire.Claimed { Frame = new Wire.Frame(Wire.FrameType.Claimed, 16), SupervisorPid = Pid, Claim = 1 }));

    /// <summary>The child exits, and then its tree is empty, in one message or two.</summary>
    internal void Exit(int code, bool atOnce = true)
    {
        if (atOnce)
        {
            Peer.Send(Exited(CldExited, code), Empty);
        }
        else
        {
            Peer.Send(Exited(CldExited, code));
            Peer.Send(Empty);
        }

        Peer.Close();
    }

    /// <summary>Does as it is told until the host's end: kills at a kill, and then the tree is empty.</summary>
    internal void Obey()
    {
        while (Peer.Receive() is { } told)
        {
            if (told == Wire.FrameType.Kill)
            {
                Peer.Send(Exited(CldKilled, 9), Empty);
                Peer.Close();
                return;
            }
        }

        Peer.Close();
    }

    private byte[] Exited(uint how, int status)
        => Peer.Frame(new Wire.Exited { Frame = new Wire.Frame(Wire.FrameType.Exited, 48), Pid = (uint)ChildPid, Code = how, Status = status });
}
