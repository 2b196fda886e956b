using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Engines.Supervised;
using ChildProc.Events;
using ChildProc.Interop;
using ChildProc.Stdio;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Direct;

/// <summary>Starts children that are the host's own, each in a process group; and detached ones, which are nobody's.</summary>
/// <remarks>
/// Through the library's own program (<see cref="GatedStart"/>) where that can be executed, else by posix_spawn alone
/// (<see cref="PlainSpawn"/>). <see cref="_gate"/> guards the set of trees, and <see cref="_making"/> the program, which may take its
/// time to be made and tried out: the reactor never waits for that.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class DirectEngine(ChildProcessHostOptions options, ILogger logger) : Engine
{
    private const int SettleMilliseconds = 1000;
    private const string NoWatchdog = "the watchdog of its process group, a /bin/sh that needs /dev/null, cannot be started";

    // ETOOMANYREFS, unix(7): an unprivileged user has too many descriptors on their way.
    private static readonly TimeSpan s_inFlightWait = TimeSpan.FromMilliseconds(2);

    private readonly Lock _gate = new();
    private readonly Lock _making = new();
    private readonly HashSet<DirectTree> _trees = [];
    private ChildProgram? _program;
    private string? _whyPlain = ChildProgram.WhyMissing(options.GuardianPath);
    private readonly HashSet<string> _toldPlain = []; // causes
    private bool _closed;

    internal override EngineFacts Facts => EngineFacts.ProcessGroup;

    internal override StartImage Prepare(ChildProcessStartInfo info)
    {
        if (Volatile.Read(ref _whyPlain) is { } reason)
        {
            PlainSpawn.Refuse(info, reason);
        }

        return new RequestImage(this, info);
    }

    internal override ProcessTree Start(StartImage prepared)
    {
        RequestImage image = (RequestImage)prepared;
        long deadline = StartDeadline();
        using StartResources resources = StartResources.Open(image);
        using GatedStart? start = Begin(image, resources);
        if (start is null)
        {
            return Accept(StartPlainly(image, resources), resources);
        }

        int error;
        while ((error = start.Send(image, resources)) == Libc.ETOOMANYREFS && Environment.TickCount64 < deadline)
        {
            Thread.Sleep(s_inFlightWait);
        }

        error = error == 0 ? Begun(start, resources) : InTime(error);
        if (error == 0)
        {
            start.WaitForAnswer(deadline);
            error = Settle(start);
        }

        if (Outcome(start, image, error) is not { } failure)
        {
            return Accept(start.Tree!, resources);
        }

        start.Dispose();
        if (start.Tree is { } tree)
        {
            Drop(tree, start.HasFailed);
        }

        throw failure;
    }

    internal override async ValueTask<ProcessTree> StartAsync(StartImage prepared, CancellationToken lifetime)
    {
        RequestImage image = (RequestImage)prepared;
        long deadline = StartDeadline();
        using StartResources resources = StartResources.Open(image);
        using GatedStart? start = Begin(image, resources);
        if (start is null)
        {
            // exec may take its time on a slow file system, and posix_spawn waits for it.
            Task<DirectTree> plain = OwnThread.TryRun("ChildProc start", () => StartPlainly(image, resources)) ?? throw Failure(Libc.EAGAIN, image.Info);
            return Accept(await plain.ConfigureAwait(false), resources);
        }

        int error;
        while ((error = start.Send(image, resources)) == Libc.ETOOMANYREFS && !lifetime.IsCancellationRequested && Environment.TickCount64 < deadline)
        {
            await Task.Delay(s_inFlightWait, CancellationToken.None).ConfigureAwait(false);
        }

        error = error == 0 ? Begun(start, resources) : InTime(error);
        if (error == 0)
        {
            Task answered = start.WhenAnswered(out error);
            TimeSpan left = Deadline.Left(deadline);
            await (error == 0 ? answered : Task.CompletedTask).WaitAsync(left, lifetime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            error = error == 0 ? Settle(start) : error;
        }

        bool canceled = !start.IsOver && lifetime.IsCancellationRequested;
        if (Outcome(start, image, error) is not { } failure)
        {
            return Accept(start.Tree!, resources);
        }

        start.Dispose();
        if (start.Tree is { } tree)
        {
            await DropAsync(tree, start.HasFailed).ConfigureAwait(false);
        }

        throw canceled ? new OperationCanceledException(lifetime) : failure;
    }

    internal override void AddKeptDescriptors(List<int> descriptors)
    {
        lock (_making)
        {
            if (_program?.Number is { } number)
            {
                descriptors.Add(number);
            }
        }
    }

    internal override List<ProcessTree> Trees()
    {
        lock (_gate)
        {
            return [.. _trees];
        }
    }

    internal override void Refresh()
    {
        lock (_making)
        {
            _whyPlain = ChildProgram.WhyMissing(options.GuardianPath);
            _program?.Dispose(); // it may stand where it cannot be executed any more
            _program = null;
        }
    }

    internal override void Close()
    {
        lock (_making)
        {
            _closed = true;
            _program?.Dispose();
            _program = null;
        }
    }

    internal void Remove(DirectTree tree)
    {
        lock (_gate)
        {
            _trees.Remove(tree);
        }
    }

    // ---- Steps of a start ----

    // Null: plainly.
    private GatedStart? Begin(RequestImage image, StartResources resources)
    {
        ChildProcessStartInfo info = image.Info;
        Check(Reactor.EnsureRunning(), info);
        Check(TreeSweeper.EnsureRunning(), info);
        HostExit.Watch(this);
        Hold hold = HoldOf(info);
        ChildProgram? program = Program(info);
        if (program is null)
        {
            return null;
        }

        int place = Place(info), error = -1, pid;
        Descriptor channel;
        try
        {
            error = program.Spawn(hold, out pid, out channel);
        }
        finally
        {
            if (error != 0)
            {
                _ = Libc.close(place);
            }
        }

        Check(error, info);
        GatedStart start = new(channel, (child, childFd) => NewTree(child, childFd, Hold.Child, image, resources));
        string? detail = null;
        Descriptor? pidFd = Newborn.Hold(pid, place, leadsGroup: false, out error); // alone: it waits for its request
        if (pidFd is not null && !start.IsAlive)
        {
            error = Libc.ECONNRESET; // it may have had its number no more when that was opened
            _ = ZombieWatch.WatchOne(pidFd);
        }
        else if (pidFd is not null && hold != Hold.Child)
        {
            start.Tree = NewTree(pid, pidFd, hold, image, resources);
            error = start.Tree.Guard();
            detail = NoWatchdog;
        }
        else if (pidFd is not null)
        {
            start.Between = HostAdoption.IsOurs ? PidFd.Open(pid) : null;
            error = ZombieWatch.WatchOne(pidFd); // the process between the host and a detached child
        }

        if (error == 0)
        {
            return start;
        }

        start.Dispose(); // the program ends by it
        if (start.Tree is { } tree)
        {
            tree.AwaitEnd();
            tree.Close();
        }
        else if (pidFd is { IsClosed: true })
        {
            Newborn.Bury(pid, null, SettleMilliseconds); // nobody watches it
        }

        throw detail is null ? Failure(error, info) : ChildProcessStartException.Create(StartStage.Containment, error, info, detail: detail);
    }

    // Before there is a process: of the pidfd that will hold it.
    private static int Place(ChildProcessStartInfo info)
    {
        int place = Newborn.Expect(out int error);
        return error == 0 ? place : throw Failure(error, info);
    }

    private static int InTime(int error) => error == Libc.ETOOMANYREFS ? Libc.ETIMEDOUT : error;

    // The child has its ends of the pipes: ours go before its exit can be told, or they would pass for a descendant's.
    private static int Begun(GatedStart start, StartResources resources)
    {
        resources.CloseChildEnds();
        return start.Tree?.Watch() ?? 0; // a detached child has no pid yet
    }

    // A detached child whose host is PID 1 or a subreaper becomes the host's own when the process between them has ended, and
    // its end is the host's to see from then on.
    private static int Settle(GatedStart start)
    {
        if (start.IsOver && start.Between is { } between)
        {
            SeqPacket.Wait(between.Number, Libc.POLLIN, Environment.TickCount64 + SettleMilliseconds); // it is ending
        }

        return start.Tree?.Watch() ?? 0;
    }

    // Null: the child runs.
    private Exception? Outcome(GatedStart start, RequestImage image, int error)
        => Volatile.Read(ref _closed) ? new ObjectDisposedException(nameof(IChildProcessHost))
            : error != 0 || start.Error != 0 ? ChildProcessStartException.Create(StartStage.Containment, Math.Max(error, start.Error), image.Info)
            : start.HasFailed ? image.Failure(start.Failure)
            : !start.IsOver ? ChildProcessStartException.Create(StartStage.Containment, Libc.ETIMEDOUT, image.Info)
            : start.Tree is null ? ChildProcessStartException.Create(StartStage.Containment, Libc.EPIPE, image.Info)
            : null;

    private DirectTree Accept(DirectTree tree, StartResources resources)
    {
        resources.KeepPipes();
        tree.Pumps?.Begin(tree.Pipes, logger, tree.Id);
        return tree;
    }

    // Of a failed start the process ends by itself.
    private static void Drop(DirectTree tree, bool hasFailed)
    {
        _ = tree.Watch();
        try
        {
            if (!hasFailed)
            {
                tree.KillAndWait();
            }

            tree.WaitForExit(ProcessTree.KillTimeout, out _);
        }
        catch (ChildProcessTreeException)
        {
            // logged where it arose; it is killed on and on
        }

        tree.Close();
    }

    private static async Task DropAsync(DirectTree tree, bool hasFailed)
    {
        _ = tree.Watch();
        await (hasFailed ? tree.WhenExited().WaitAsync(ProcessTree.KillTimeout) : tree.KillAndWaitAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        tree.Close();
    }

    private DirectTree StartPlainly(RequestImage image, StartResources resources)
    {
        Hold hold = HoldOf(image.Info);
        int place = Place(image.Info), pid;
        try
        {
            pid = PlainSpawn.Start(image, resources, hold);
        }
        catch
        {
            _ = Libc.close(place);
            throw;
        }

        Descriptor pidFd = Newborn.Hold(pid, place, leadsGroup: hold != Hold.Descent, out int error) ?? throw Failure(error, image.Info);
        resources.CloseChildEnds();
        DirectTree tree = NewTree(pid, pidFd, hold, image, resources);
        string? detail = (error = tree.Guard()) == 0 ? null : NoWatchdog;
        if (error == 0 && (error = tree.Watch()) == 0)
        {
            return tree;
        }

        tree.Kill();
        tree.AwaitEnd();
        tree.Close();
        throw ChildProcessStartException.Create(StartStage.Containment, error, image.Info, detail: detail);
    }

    private DirectTree NewTree(int pid, Descriptor pidFd, Hold hold, RequestImage image, StartResources resources)
    {
        ChildProcessStartInfo info = image.Info;
        DirectTree tree = new(this, pid, pidFd, hold, info, logger)
        {
            Pipes = resources.Pipes,
            Pumps = resources.Pumps,
            Terminal = resources.Terminal,
            DrainTimeout = info.DrainTimeout,
            StopPolicy = info.Stop,
            DiesWithHost = info.OnOwnerLost is null && info.Leftovers == Leftovers.Kill && hold != Hold.Child,
        };
        if (hold != Hold.Child)
        {
            lock (_gate)
            {
                _trees.Add(tree);
            }
        }

        return tree;
    }

    // A group of its own would stop the child at its first read: the terminal is the group's that is in its foreground.
    private static Hold HoldOf(ChildProcessStartInfo info)
        => info.Containment == Containment.None ? Hold.Child
            : info.NewSession || TerminalStdio.IsIn(info) ? Hold.Session
            : !info.NewProcessGroup && info.StandardInput is null or InheritStdio && Libc.tcgetpgrp(0) > 0 ? Hold.Descent
            : Hold.Group;

    private ChildProgram? Program(ChildProcessStartInfo info)
    {
        lock (_making)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IChildProcessHost));
            if (_program is null && _whyPlain is null)
            {
                try
                {
                    _program = ChildProgram.Open(options.GuardianPath);
                }
                catch (ProgramUnavailableException e) when (e.MayPass)
                {
                    throw ChildProcessStartException.Create(StartStage.Containment, e.Error, info, detail: e.Message);
                }
                catch (ProgramUnavailableException e)
                {
                    _whyPlain = e.Message;
                }
            }

            if (_program is not null)
            {
                return _program;
            }

            if (_toldPlain.Add(_whyPlain!))
            {
                Log.PlainSpawn(logger, _whyPlain!);
            }

            PlainSpawn.Refuse(info, _whyPlain!);
            return null;
        }
    }

    private static void Check(int error, ChildProcessStartInfo info) => ChildProcessStartException.ThrowIfFailed(error, StartStage.Containment, info);

    private static Exception Failure(int error, ChildProcessStartInfo info) => error is Libc.ENOSYS or Libc.EPERM
        ? new PlatformNotSupportedException($"Containment.ProcessGroup needs pidfds (Linux 5.4), which cannot be had here: {Errno.Describe(error)}.")
        : ChildProcessStartException.Create(StartStage.Containment, error, info);

    private long StartDeadline() => Deadline.After(options.StartTimeout);
}
