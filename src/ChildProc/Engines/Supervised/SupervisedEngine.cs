using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Events;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Supervised;

/// <summary>Starts children through a guardian, and keeps one guardian for as long as it serves.</summary>
/// <remarks>
/// A start is requested at most once as far as the child can tell: the request is repeated, with a new guardian, only when
/// its lifeline ended without a claim. <see cref="_gate"/> makes guardians one at a time; trees of earlier ones live on.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class SupervisedEngine(ChildProcessHostOptions options, ILogger logger) : Engine
{
    private const int MaxAttempts = 5;
    private const int CancelPatienceMilliseconds = 250;

    // ETOOMANYREFS, unix(7): an unprivileged user has too many descriptors on their way. The socket has room, so it tells nothing.
    private static readonly TimeSpan s_inFlightWait = TimeSpan.FromMilliseconds(2);
    private readonly TreePool _trees = new(logger);
    private readonly Lock _gate = new();
    private readonly List<GuardianSession> _sessions = []; // every one that may still have trees
    private GuardianSession? _session;
    private bool _closed;

    /// <summary>The pid of the guardian, or 0.</summary>
    internal int GuardianPid => _session is { IsDead: false } session ? session.Pid : 0;

    internal override EngineFacts Facts => EngineFacts.Supervised;

    internal override string? Probe()
    {
        try
        {
            Session(HostIdentity.Capture());
            return null;
        }
        catch (ProgramUnavailableException e)
        {
            return e.Message;
        }
    }

    internal override StartImage Prepare(ChildProcessStartInfo info) => new RequestImage(this, info);

    internal override ProcessTree Start(StartImage prepared)
    {
        RequestImage image = (RequestImage)prepared;
        long deadline = StartDeadline();
        using StartResources resources = StartResources.Open(image);
        for (int attempt = 1; ; attempt++)
        {
            HostIdentity identity = HostIdentity.Capture();
            GuardianSession session = SessionOf(identity, image);
            SupervisedTree tree = Begin(session, image, resources, out int theirs);
            try
            {
                int error;
                while (IsLater(error = Send(session, tree, image, identity, resources, theirs)) && Environment.TickCount64 < deadline)
                {
                    if (error == Libc.ETOOMANYREFS)
                    {
                        Thread.Sleep(s_inFlightWait);
                    }
                    else
                    {
                        session.WaitForRoom(deadline);
                    }
                }

                if (!Sent(session, tree, image, error, attempt))
                {
                    continue;
                }
            }
            finally
            {
                _ = Libc.close(theirs);
            }

            tree.WaitForStart(deadline);
            if (Accept(session, tree, image, resources, attempt))
            {
                return tree;
            }
        }
    }

    /// <summary>No thread is blocked, but for the start of a guardian on a thread of its own.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<ProcessTree> StartAsync(StartImage prepared, CancellationToken lifetime)
    {
        RequestImage image = (RequestImage)prepared;
        long deadline = StartDeadline();
        using StartResources resources = StartResources.Open(image);
        HostIdentity first = HostIdentity.Capture();
        for (int attempt = 1; ; attempt++)
        {
            HostIdentity identity = attempt == 1 ? first : HostIdentity.Capture();
            if (identity.Thread != first.Thread)
            {
                // Only the thread that asked for the start can hand its sandbox on, and this is another one.
                throw ChildProcessStartException.Create(StartStage.Containment, Libc.EPIPE, image.Info, detail: "the guardian ended during the start");
            }

            GuardianSession session = Current(identity) ?? await SessionAsync(identity, image).ConfigureAwait(false);
            SupervisedTree tree = Begin(session, image, resources, out int theirs);
            tree.ListenForStart();
            try
            {
                int error;
                while (IsLater(error = Send(session, tree, image, identity, resources, theirs))
                    && !lifetime.IsCancellationRequested && Environment.TickCount64 < deadline)
                {
                    Task chance = error == Libc.ETOOMANYREFS ? Task.Delay(s_inFlightWait, CancellationToken.None) : session.WhenRoom();
                    await chance.WaitAsync(Deadline.Left(deadline), lifetime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                if (IsLater(error) && lifetime.IsCancellationRequested)
                {
                    tree.Abort();
                    throw new OperationCanceledException(lifetime);
                }

                if (!Sent(session, tree, image, error, attempt))
                {
                    continue;
                }
            }
            finally
            {
                _ = Libc.close(theirs);
            }

            try
            {
                if (!await tree.WaitForStartAsync(deadline, lifetime).ConfigureAwait(false) && lifetime.IsCancellationRequested)
                {
                    // An answer is near, and with it the tree can be seen to its end; what hangs is given up.
                    await tree.WaitForStartAsync(Math.Min(deadline, Environment.TickCount64 + CancelPatienceMilliseconds), default).ConfigureAwait(false);
                    if (tree.State != SupervisedTree.StartState.Running)
                    {
                        tree.Abort();
                        throw new OperationCanceledException(lifetime);
                    }
                }
            }
            catch (OutOfMemoryException) // the first timer of a process needs a thread, and the system has none left
            {
                tree.Abort();
                throw ChildProcessStartException.Create(StartStage.Containment, Libc.EAGAIN, image.Info, detail: "a thread cannot be started");
            }

            if (Accept(session, tree, image, resources, attempt))
            {
                return tree;
            }
        }
    }

    /// <summary>The next start gets a new guardian, with the host's present state; running trees are not touched.</summary>
    internal override void Refresh()
    {
        lock (_gate)
        {
            _session?.Retire();
            _session = null;
        }
    }

    internal override List<ProcessTree> Trees()
    {
        lock (_gate)
        {
            return [.. _sessions.SelectMany(static session => session.Trees())];
        }
    }

    internal override void AddKeptDescriptors(List<int> descriptors)
    {
        lock (_gate)
        {
            _sessions.ForEach(session => session.AddDescriptors(descriptors));
        }
    }

    internal override void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _session?.Retire();
            _session = null;
        }
    }

    // ---- Steps of a start ----

    private GuardianSession? Current(in HostIdentity identity)
    {
        GuardianSession? session = Volatile.Read(ref _session);
        return session is { Serves: true } && session.Identity == identity ? session : null;
    }

    // On a thread that the caller's thread makes: the guardian has the sandbox that it has.
    private Task<GuardianSession> SessionAsync(HostIdentity identity, RequestImage image)
        => OwnThread.TryRun("ChildProc start", () => SessionOf(identity, image))
            ?? throw ChildProcessStartException.Create(StartStage.Containment, Libc.EAGAIN, image.Info, detail: "a thread cannot be started");

    private GuardianSession SessionOf(HostIdentity identity, RequestImage image)
    {
        try
        {
            return Session(identity);
        }
        catch (ProgramUnavailableException e)
        {
            throw ChildProcessStartException.Create(StartStage.Containment, e.Error, image.Info, detail: e.Message);
        }
    }

    /// <exception cref="ProgramUnavailableException">There is no guardian now; at another time there may be.</exception>
    /// <exception cref="EngineUnavailableException">There is none for this process.</exception>
    private GuardianSession Session(HostIdentity identity)
    {
        if (Current(identity) is { } current)
        {
            return current;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IChildProcessHost));
            if (Current(identity) is { } made)
            {
                return made;
            }

            _session?.Retire();
            _session = null;
            _sessions.RemoveAll(static session => session.IsOver);
            try
            {
                ProgramUnavailableException.ThrowIfFailed(Reactor.EnsureRunning(), "the start of the reactor");
                int pool = Math.Clamp(Environment.ProcessorCount, 2, 16);
                GuardianSession session = new(GuardianProcess.Start(options.GuardianPath, pool), identity, logger);
                Log.GuardianStarted(logger, session.Pid);
                HostExit.Watch(this);
                _sessions.Add(session);
                Volatile.Write(ref _session, session);
                return session;
            }
            catch (ProgramUnavailableException e) when (!e.MayPass)
            {
                throw new EngineUnavailableException(e.Message, e);
            }
        }
    }

    private SupervisedTree Begin(GuardianSession session, RequestImage image, StartResources resources, out int theirs)
    {
        int error = SeqPacket.CreatePair(out int ours, out theirs);
        if (error != 0)
        {
            throw ChildProcessStartException.Create(StartStage.Containment, error, image.Info);
        }

        ChildProcessStartInfo info = image.Info;
        SupervisedTree tree = _trees.Rent();
        tree.Begin(session, ours);
        tree.Pipes = resources.Pipes;
        tree.Pumps = resources.Pumps;
        tree.Resources = resources.IsPlain ? null : resources;
        tree.Terminal = resources.Terminal;
        tree.DrainTimeout = info.DrainTimeout;
        tree.StopPolicy = info.Stop;
        tree.DiesWithHost = info.OnOwnerLost is null && info.Leftovers == Leftovers.Kill;
        return tree;
    }

    private static unsafe int Send(
        GuardianSession session, SupervisedTree tree, RequestImage image, in HostIdentity identity, StartResources resources, int theirs)
    {
        Wire.Request header = image.Header(identity, resources);
        ReadOnlySpan<byte> body = image.IsInline ? image.Body : default;
        if (!session.TryAdd(tree))
        {
            return Libc.EPIPE;
        }

        return session.TrySend(new ReadOnlySpan<byte>(&header, sizeof(Wire.Request)), body, resources.Message(theirs));
    }

    // The socket is full, or nothing with descriptors may be sent: at another time it can be.
    private static bool IsLater(int error) => error is Libc.EAGAIN or Libc.ETOOMANYREFS;

    // True: the request is on its way. False: try again with another guardian.
    private static bool Sent(GuardianSession session, SupervisedTree tree, RequestImage image, int error, int attempt)
    {
        if (error == 0)
        {
            return true;
        }

        tree.Pipes = default; // they serve the next attempt
        tree.Pumps = null;
        tree.Resources = null;
        tree.Abort();
        if (attempt == MaxAttempts || error is not (Libc.EPIPE or Libc.ECONNRESET or Libc.ENOTCONN))
        {
            throw ChildProcessStartException.Create(
                StartStage.Containment, IsLater(error) ? Libc.ETIMEDOUT : error, image.Info);
        }

        session.Retire();
        return false;
    }

    // True: it runs. False: nobody claimed it, try again. Everything else is thrown, with nothing left behind.
    private bool Accept(GuardianSession session, SupervisedTree tree, RequestImage image, StartResources resources, int attempt)
    {
        if (Volatile.Read(ref _closed))
        {
            tree.Abort();
            throw new ObjectDisposedException(nameof(IChildProcessHost));
        }

        SupervisedTree.StartState state = tree.State;
        if (state == SupervisedTree.StartState.Running && tree.AbortError == 0) // else it was given up, and is being killed
        {
            int error = tree.HasStreams || tree.Terminal is not null ? tree.ListenNow() : 0; // streams end with the child
            if (error == 0)
            {
                resources.KeepPipes();
                tree.Pumps?.Begin(tree.Pipes, logger, tree.Id);
                return true;
            }

            tree.Abort();
            throw ChildProcessStartException.Create(StartStage.Containment, error, image.Info);
        }

        if (state == SupervisedTree.StartState.Ended && !tree.Claimed && tree.AbortError == 0 && attempt < MaxAttempts)
        {
            tree.Pipes = default;
            tree.Pumps = null;
            tree.Resources = null;
            tree.Close();
            session.Retire(); // its idle supervisors may be dying one by one, each with a request in hand: ask them no more
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

    private long StartDeadline() => Deadline.After(options.StartTimeout);
}
