using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Supervised;

/// <summary>Starts children through a guardian, and keeps one guardian for as long as it serves.</summary>
/// <remarks>
/// A start is requested at most once as far as the child can tell: the request is repeated, with a new guardian, only when
/// its lifeline ended without a claim. <see cref="_gate"/> makes guardians one at a time.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class SupervisedEngine(ChildProcessHostOptions options, ILogger logger)
{
    private const int MaxAttempts = 5;
    private readonly Lock _gate = new();
    private GuardianSession? _session;

    /// <summary>The pid of the guardian, or 0.</summary>
    internal int GuardianPid => _session is { IsDead: false } session ? session.Pid : 0;

    /// <exception cref="ChildProcessStartException"/>
    /// <exception cref="PlatformNotSupportedException"/>
    internal ProcessTree Start(RequestImage image)
    {
        long deadline = Deadline();
        using StartResources resources = new(image);
        for (int attempt = 1; ; attempt++)
        {
            HostIdentity identity = HostIdentity.Capture();
            GuardianSession session = Session(identity, image.Info);
            SupervisedTree tree = Begin(session, image, resources, out Descriptor theirs);
            using (theirs)
            {
                int error;
                while ((error = Send(session, tree, image, identity, resources, theirs)) is Libc.EAGAIN or Libc.ETOOMANYREFS)
                {
                    if (!session.WaitForRoom(deadline))
                    {
                        break;
                    }
                }

                if (!Sent(session, tree, image, error, attempt))
                {
                    continue;
                }
            }

            tree.WaitForStart(deadline);
            if (Accept(tree, image, resources, attempt))
            {
                return tree;
            }
        }
    }

    /// <summary>As <see cref="Start"/>; no thread is blocked, but for the start of a guardian on a thread of its own.</summary>
    internal async ValueTask<ProcessTree> StartAsync(RequestImage image)
    {
        long deadline = Deadline();
        using StartResources resources = new(image);
        for (int attempt = 1; ; attempt++)
        {
            HostIdentity identity = HostIdentity.Capture();
            GuardianSession session = Current(identity)
                ?? await Task.Factory.StartNew(
                    () => Session(identity, image.Info), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            SupervisedTree tree = Begin(session, image, resources, out Descriptor theirs);
            Task started = tree.WhenStarted();
            using (theirs)
            {
                int error;
                while ((error = Send(session, tree, image, identity, resources, theirs)) is Libc.EAGAIN or Libc.ETOOMANYREFS)
                {
                    if (!await Within(session.WhenRoom(), deadline).ConfigureAwait(false))
                    {
                        break;
                    }
                }

                if (!Sent(session, tree, image, error, attempt))
                {
                    continue;
                }
            }

            await Within(started, deadline).ConfigureAwait(false);
            if (Accept(tree, image, resources, attempt))
            {
                return tree;
            }
        }
    }

    /// <summary>The next start gets a new guardian, with the host's present state; running trees are not touched.</summary>
    internal void Refresh()
    {
        lock (_gate)
        {
            _session?.Retire();
            _session = null;
        }
    }

    /// <summary>All live trees of this engine's present guardian.</summary>
    internal SupervisedTree[] Trees() => _session?.Trees() ?? [];

    // ---- Steps of a start ----

    private GuardianSession? Current(in HostIdentity identity)
    {
        GuardianSession? session = Volatile.Read(ref _session);
        return session is { IsDead: false } && session.Identity == identity ? session : null;
    }

    private GuardianSession Session(HostIdentity identity, ChildProcessStartInfo info)
    {
        if (Current(identity) is { } current)
        {
            return current;
        }

        lock (_gate)
        {
            if (Current(identity) is { } made)
            {
                return made;
            }

            _session?.Retire();
            _session = null;
            try
            {
                int pool = Math.Clamp(Environment.ProcessorCount, 2, 16);
                GuardianSession session = new(GuardianProcess.Start(options.GuardianPath, pool), identity, logger);
                Log.GuardianStarted(logger, session.Pid);
                HostExit.Watch(session);
                Volatile.Write(ref _session, session);
                return session;
            }
            catch (GuardianUnavailableException e) when (e.Error is Libc.EMFILE or Libc.EAGAIN or Libc.ENOMEM or Libc.ETIMEDOUT)
            {
                throw ChildProcessStartException.Create(StartStage.Containment, e.Error, info, detail: e.Message);
            }
            catch (GuardianUnavailableException e)
            {
                throw new PlatformNotSupportedException($"Supervised containment is not available: {e.Message}.", e);
            }
        }
    }

    private SupervisedTree Begin(GuardianSession session, RequestImage image, StartResources resources, out Descriptor theirs)
    {
        int error = SeqPacket.CreatePair(out int ours, out int other);
        if (error != 0)
        {
            throw ChildProcessStartException.Create(StartStage.Containment, error, image.Info);
        }

        theirs = new Descriptor(other);
        ChildProcessStartInfo info = image.Info;
        return new SupervisedTree(session, new LifelineHandle(ours), logger)
        {
            Pipes = resources.Pipes,
            DrainTimeout = info.DrainTimeout,
            StopPolicy = info.Stop,
            DiesWithHost = info.OnOwnerLost is null && info.Leftovers == Leftovers.Kill,
        };
    }

    private static unsafe int Send(
        GuardianSession session, SupervisedTree tree, RequestImage image, in HostIdentity identity, StartResources resources, Descriptor theirs)
    {
        Wire.Request header = image.Header(identity, resources);
        ReadOnlySpan<byte> body = image.IsInline ? image.Body : default;
        if (!session.TryAdd(tree))
        {
            return Libc.EPIPE;
        }

        return session.TrySend(new ReadOnlySpan<byte>(&header, sizeof(Wire.Request)), body, resources.Message(theirs.Number));
    }

    // True: the request is on its way. False: try again with another guardian.
    private static bool Sent(GuardianSession session, SupervisedTree tree, RequestImage image, int error, int attempt)
    {
        if (error == 0)
        {
            return true;
        }

        tree.Pipes = default; // they serve the next attempt
        tree.Abort();
        if (attempt == MaxAttempts || error is not (Libc.EPIPE or Libc.ECONNRESET or Libc.ENOTCONN))
        {
            throw ChildProcessStartException.Create(
                StartStage.Containment, error == Libc.EAGAIN ? Libc.ETIMEDOUT : error, image.Info);
        }

        session.Retire();
        return false;
    }

    // True: it runs. False: nobody claimed it, try again. Everything else is thrown, with nothing left behind.
    private static bool Accept(SupervisedTree tree, RequestImage image, StartResources resources, int attempt)
    {
        SupervisedTree.StartState state = tree.State;
        if (state == SupervisedTree.StartState.Running)
        {
            int error = tree.IsEmpty ? 0 : tree.Listen();
            if (error == 0)
            {
                resources.KeepPipes();
                return true;
            }

            tree.Abort();
            throw ChildProcessStartException.Create(StartStage.Containment, error, image.Info);
        }

        if (state == SupervisedTree.StartState.Ended && !tree.Claimed && tree.AbortError == 0 && attempt < MaxAttempts)
        {
            tree.Pipes = default;
            tree.Close();
            return false;
        }

        if (state == SupervisedTree.StartState.Failed)
        {
            tree.Close();
            throw image.Failure(tree.Failure);
        }

        tree.Abort();
        int reason = tree.AbortError != 0 ? tree.AbortError : state == SupervisedTree.StartState.Waiting ? Libc.ETIMEDOUT : Libc.EPIPE;
        throw ChildProcessStartException.Create(StartStage.Containment, reason, image.Info);
    }

    private long Deadline() => Environment.TickCount64 + (long)options.StartTimeout.TotalMilliseconds;

    private static async ValueTask<bool> Within(Task task, long deadline)
    {
        TimeSpan left = TimeSpan.FromMilliseconds(Math.Max(0, deadline - Environment.TickCount64));
        await task.WaitAsync(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }
}
