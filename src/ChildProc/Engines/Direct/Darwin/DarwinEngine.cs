using ChildProc.Interop;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>Starts children by posix_spawn on macOS, each in a process group; and detached ones, which are nobody's.</summary>
/// <remarks>
/// A child is spawned suspended. Only when its exit and its forks are told and the watchdog knows it does it run, so nothing
/// of it is ever unknown; a host that is killed before that leaves a stopped process, which the kernel then hangs up.
/// </remarks>
internal sealed class DarwinEngine(DarwinPlatform platform, ILogger logger) : Engine
{
    private readonly Lock _gate = new();
    private readonly HashSet<DarwinTree> _trees = [];
    private bool _closed;

    internal DarwinPlatform Platform { get; } = platform;

    internal override EngineFacts Facts => EngineFacts.ProcessGroup;

    internal override StartImage Prepare(ChildProcessStartInfo info) => new DarwinImage(this, info);

    internal override ProcessTree Start(StartImage prepared)
    {
        DarwinImage image = (DarwinImage)prepared;
        Check(Platform.EnsureRunning(), image);
        HostExit.Watch(this);
        using DarwinStartResources resources = new(Platform, image.Info);
        DarwinHold hold = DarwinHolds.Of(image.Info, Platform.System);
        int pid = DarwinExecution.Run(Platform.System, image, Flags(hold), resources.Actions);
        resources.CloseChildEnds();
        DarwinTree tree = NewTree(image.Info, hold, pid, resources);
        bool serves = Add(tree);
        int error = serves ? tree.Watch() : 0;
        error = serves && error == 0 ? tree.Guard() : error;
        if (!serves || error != 0)
        {
            tree.Pipes = default; // the resources close them
            tree.Pumps = null;
            tree.Discard();
            ObjectDisposedException.ThrowIf(!serves, typeof(IChildProcessHost));
            Check(error, image);
        }

        resources.KeepPipes();
        tree.Pumps?.Begin(tree.Pipes, logger, pid);
        if (hold != DarwinHold.Child)
        {
            tree.Resume();
        }

        return tree;
    }

    /// <summary>On a thread of its own: posix_spawn waits for the exec, and that for the disk.</summary>
    internal override async ValueTask<ProcessTree> StartAsync(StartImage image, CancellationToken lifetime)
        => await (OwnThread.TryRun("ChildProc start", () => Start(image))
            ?? throw ChildProcessStartException.Create(StartStage.Containment, DarwinAbi.EAGAIN, image.Info, detail: "a thread cannot be started")).ConfigureAwait(false);

    /// <summary>Those that have an owner; a detached one is none of a host's to end.</summary>
    internal override List<ProcessTree> Trees()
    {
        lock (_gate)
        {
            return [.. _trees.Where(static tree => !tree.OutlivesOwner)];
        }
    }

    internal override void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }
    }

    internal void Remove(DarwinTree tree)
    {
        lock (_gate)
        {
            _trees.Remove(tree);
        }
    }

    private bool Add(DarwinTree tree)
    {
        lock (_gate)
        {
            return !_closed && _trees.Add(tree);
        }
    }

    private DarwinTree NewTree(ChildProcessStartInfo info, DarwinHold hold, int pid, DarwinStartResources resources) => new(this, pid, hold, info, logger)
    {
        Pipes = resources.Pipes,
        Pumps = resources.Pumps,
        DrainTimeout = info.DrainTimeout,
        StopPolicy = info.Stop,
        DiesWithHost = info.Leftovers == Leftovers.Kill && hold != DarwinHold.Child,
    };

    private static short Flags(DarwinHold hold) => hold switch
    {
        DarwinHold.Group => DarwinAbi.POSIX_SPAWN_START_SUSPENDED | DarwinAbi.POSIX_SPAWN_SETPGROUP,
        DarwinHold.Session => DarwinAbi.POSIX_SPAWN_START_SUSPENDED | DarwinAbi.POSIX_SPAWN_SETSID,
        DarwinHold.Descent => DarwinAbi.POSIX_SPAWN_START_SUSPENDED,
        _ => DarwinAbi.POSIX_SPAWN_SETSID,
    };

    private static void Check(int error, DarwinImage image) => ChildProcessStartException.ThrowIfFailed(error, StartStage.Containment, image.Info);
}
