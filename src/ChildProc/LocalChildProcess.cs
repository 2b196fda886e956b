using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ChildProc.Diagnostics;
using ChildProc.Engines;
using ChildProc.Stdio;
using ChildProc.Telemetry;

namespace ChildProc;

/// <summary>A child on this machine: the caller's object over the engine's tree. Nothing but the caller holds it alive.</summary>
/// <remarks>
/// A small object, for it is the only one that a start leaves behind: the engine uses its tree again for another child when this
/// one is disposed. So each call pins the tree, under the version that was this child's, and after the disposal what is still
/// known of the child stands in the object itself.
/// </remarks>
internal sealed class LocalChildProcess : IChildProcess
{
    private object _state; // a ProcessTree; one with ChildStreams; or, when the tree is another child's, a ChildProcessStartInfo
    private ulong _end; // a PackedEnd: the version of the tree, until that is another child's

    internal LocalChildProcess(ChildProcessStartInfo info, ProcessTree tree, StartOrigin? origin, ChildTelemetry? telemetry, CancellationToken lifetime)
    {
        _end = PackedEnd.OfTree(tree.Version).Bits;
        _state = tree.HasStreams ? new ChildStreams(tree) : tree;
        tree.HandOver(info, origin, telemetry, lifetime);
    }

    ~LocalChildProcess() => TreeOf(_state)?.AbandonForgotten();

    public int Id
    {
        get
        {
            using Pin pin = new(this);
            return pin.Tree?.Id ?? pin.End.Id;
        }
    }

    public ChildProcessStartInfo StartInfo
    {
        get
        {
            object state = Volatile.Read(ref _state);
            ChildProcessStartInfo? info = TreeOf(state)?.Info;
            Volatile.ReadBarrier();
            object now = Volatile.Read(ref _state); // the tree was this child's when its info was read, or it is not here any more
            return now as ChildProcessStartInfo ?? info!;
        }
    }

    public Containment Containment
    {
        get
        {
            using Pin pin = new(this);
            return pin.Tree?.Containment ?? Containment.Supervised;
        }
    }

    public DateTimeOffset StartTime
    {
        get
        {
            using Pin pin = new(this);
            return pin.Tree?.StartTime ?? pin.End.StartTime;
        }
    }

    public bool OutputIncomplete
    {
        get
        {
            using Pin pin = new(this);
            return pin.Tree is { } tree && (tree.Pipes.Output?.Incomplete == true || tree.Pipes.Error?.Incomplete == true
                || tree.Pipes.Terminal?.Output.Incomplete == true);
        }
    }

    public bool InputIncomplete
    {
        get
        {
            using Pin pin = new(this);
            return pin.Tree?.Pumps?.InputIncomplete == true;
        }
    }

    public bool HasExited
    {
        get
        {
            using Pin pin = new(this);
            return pin.Tree?.HasExited ?? true;
        }
    }

    public ExitStatus? Exit
    {
        get
        {
            using Pin pin = new(this);
            return pin.Tree is { } tree ? tree.Exit : pin.End.Exit;
        }
    }

    public IChildTerminal? Terminal
    {
        get
        {
            using Pin pin = new(this);
            return (_state as ChildStreams)?.Terminal(this);
        }
    }

    public PipeWriter StandardInput => Streams?.Input(this) ?? throw ChildStreams.NoPipe("input");

    public PipeReader StandardOutput => Streams?.Output(this) ?? throw ChildStreams.NoPipe("output");

    public PipeReader StandardError => Streams?.Error(this) ?? throw ChildStreams.NoPipe("error");

    public ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        Pin pin = new(this);
        if (pin.Tree is not { } tree)
        {
            return new ValueTask<ExitStatus>(pin.End.Exit ?? ExitStatus.Unknown);
        }

        if (tree.Exit is not { } status || tree.WasCanceled)
        {
            return WaitForExitAsync(tree, cancellationToken); // with the pin
        }

        tree.TellEnd();
        pin.Dispose();
        return new ValueTask<ExitStatus>(status);
    }

    public ExitStatus WaitForExit()
    {
        WaitForExit(Timeout.InfiniteTimeSpan, out ExitStatus status);
        return status;
    }

    public bool WaitForExit(TimeSpan timeout, out ExitStatus status)
    {
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        }

        using Pin pin = new(this);
        if (pin.Tree is not { } tree)
        {
            status = pin.End.Exit ?? ExitStatus.Unknown;
            return true;
        }

        bool exited = tree.WaitForExit(timeout, out status);
        if (exited && tree.WasCanceled)
        {
            tree.StopOnceAsync().GetAwaiter().GetResult();
            throw new OperationCanceledException(tree.Lifetime);
        }

        return exited;
    }

    public async ValueTask WaitForStreamsAsync(CancellationToken cancellationToken = default)
    {
        if (Streams?.Tree.Pumps is { } pumps)
        {
            await pumps.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
            GC.KeepAlive(this);
        }
    }

    public ValueTask WaitForTreeAsync(CancellationToken cancellationToken = default)
    {
        Pin pin = new(this);
        return pin.Tree is { } tree ? WaitForTreeAsync(tree, cancellationToken) : ValueTask.CompletedTask;
    }

    public bool Signal(ChildSignal signal, SignalScope scope = SignalScope.Child)
    {
        if (signal.Number == 0)
        {
            throw new ArgumentException("No signal is given.", nameof(signal));
        }

        if (scope is < SignalScope.Child or > SignalScope.Tree)
        {
            throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a signal scope.");
        }

        RequireGroup(scope, nameof(scope));
        using Pin pin = new(this);
        return pin.Tree?.Signal(signal, scope) == true;
    }

    public void Kill()
    {
        using Pin pin = new(this);
        pin.Tree?.Kill();
    }

    public ValueTask<ExitStatus> StopAsync(StopPolicy? policy = null, CancellationToken cancellationToken = default)
    {
        policy ??= StartInfo.Stop;
        RequireGroup(policy.Scope, nameof(policy));
        Pin pin = new(this);
        return pin.Tree is { } tree ? StopAsync(tree, policy, cancellationToken) : new ValueTask<ExitStatus>(pin.End.Exit ?? ExitStatus.Unknown);
    }

    public IReadOnlyList<int> GetDescendantIds()
    {
        using Pin pin = new(this);
        List<int> members = pin.Tree?.Members() ?? [];
        members.Remove(Id);
        return members;
    }

    public void Dispose()
    {
        Pin pin = new(this);
        if (pin.Tree is { } tree)
        {
            try
            {
                if (ReleasesLeftovers(tree))
                {
                    tree.NoteStop(StopReason.Release);
                    tree.Release();
                }
                else
                {
                    tree.NoteStop(StopReason.Dispose);
                    tree.KillAndWait();
                }
            }
            catch (ChildProcessTreeException)
            {
                // Logged where it arose, with what is left. The engine goes on killing when the tree is taken back.
            }
            finally
            {
                TakeBack(tree);
                pin.Dispose();
            }
        }

        GC.SuppressFinalize(this);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Pin pin = new(this);
        if (pin.Tree is not { } tree)
        {
            return ValueTask.CompletedTask;
        }

        if (!ReleasesLeftovers(tree) && !(tree.IsEmpty && !tree.IsLost))
        {
            return DisposeAsync(tree);
        }

        pin.Dispose();
        Dispose(); // there is nothing to wait for
        return ValueTask.CompletedTask;
    }

    /// <summary>The lifetime ended before the child did.</summary>
    internal bool WasCanceled
    {
        get
        {
            using Pin pin = new(this);
            return pin.Tree?.WasCanceled == true;
        }
    }

    /// <summary>"pid command" of what outlived the child.</summary>
    internal string[] Leftovers()
    {
        using Pin pin = new(this);
        if (pin.Tree is not { IsEmpty: false } tree)
        {
            return [];
        }

        string own = $"{tree.Id} ";
        return Array.FindAll(tree.DescribeMembers(), text => !text.StartsWith(own, StringComparison.Ordinal));
    }

    private ChildStreams? Streams => Volatile.Read(ref _state) as ChildStreams; // a tree with streams is never another child's

    // A disposal now hands over what is left, and kills nobody.
    private static bool ReleasesLeftovers(ProcessTree tree) => !tree.IsEmpty
        && (tree.OutlivesOwner ? !tree.WasCanceled : tree.Info.Leftovers == ChildProc.Leftovers.Release && tree.HasExited);

    private static ProcessTree? TreeOf(object state) => state as ProcessTree ?? (state as ChildStreams)?.Tree;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ExitStatus> WaitForExitAsync(ProcessTree tree, CancellationToken cancellationToken)
    {
        try
        {
            ExitStatus status = await tree.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (tree.WasCanceled)
            {
                await tree.StopOnceAsync().ConfigureAwait(false);
                throw new OperationCanceledException(tree.Lifetime);
            }

            return status;
        }
        finally
        {
            tree.Unpin();
            GC.KeepAlive(this); // whoever awaits the child has not forgotten it
        }
    }

    private async ValueTask WaitForTreeAsync(ProcessTree tree, CancellationToken cancellationToken)
    {
        try
        {
            await tree.WhenEmpty().WaitAsync(cancellationToken).ConfigureAwait(false);
            tree.TellEnd();
        }
        finally
        {
            tree.Unpin();
            GC.KeepAlive(this);
        }
    }

    private async ValueTask<ExitStatus> StopAsync(ProcessTree tree, StopPolicy policy, CancellationToken cancellationToken)
    {
        try
        {
            if ((!tree.IsEmpty || tree.IsLost)
                && await tree.StopAsync(policy, cancellationToken).ConfigureAwait(false))
            {
                throw new OperationCanceledException(cancellationToken);
            }

            return tree.Exit ?? ExitStatus.Unknown;
        }
        finally
        {
            tree.Unpin();
            GC.KeepAlive(this);
        }
    }

    private async ValueTask DisposeAsync(ProcessTree tree)
    {
        try
        {
            tree.NoteStop(StopReason.Dispose);
            await tree.KillAndWaitAsync().ConfigureAwait(false);
        }
        catch (ChildProcessTreeException)
        {
            // as in Dispose
        }
        finally
        {
            TakeBack(tree);
            tree.Unpin();
        }
    }

    // Once, by the first disposal that is through; another one at the same time waited for the same end.
    private void TakeBack(ProcessTree tree)
    {
        if (!tree.TryBeginTakeBack())
        {
            return;
        }

        PackedEnd end = default;
        bool servesAgain = tree.CanServeAgain && PackedEnd.TryPack(tree.Id, tree.StartTime, tree.Exit, out end);
        if (servesAgain)
        {
            // In this order, and before the tree is let go of: who does not find it, or not under its version, finds the end.
            Volatile.Write(ref _end, end.Bits);
            Volatile.Write(ref _state, tree.Info);
        }

        tree.TakeBack(servesAgain);
    }

    private void RequireGroup(SignalScope scope, string parameter)
    {
        if (scope == SignalScope.ProcessGroup)
        {
            ChildProcessStartInfo info = StartInfo;
            if (!info.NewProcessGroup && !info.NewSession && !TerminalStdio.IsIn(info))
            {
                throw new ArgumentException("The child is in the host's process group, which it has no right to speak for.", parameter);
            }
        }
    }

    /// <summary>The tree, for the length of one call; null when it is this child's no more.</summary>
    private readonly ref struct Pin
    {
        internal readonly ProcessTree? Tree;
        internal readonly PackedEnd End; // where there is no tree
        private readonly LocalChildProcess _child;

        internal Pin(LocalChildProcess child)
        {
            _child = child;
            End = new PackedEnd(Volatile.Read(ref child._end));
            if (!End.IsOver)
            {
                ProcessTree? tree = TreeOf(Volatile.Read(ref child._state));
                Tree = tree?.TryPin(End.Version) == true ? tree : null;
                End = Tree is null ? new PackedEnd(Volatile.Read(ref child._end)) : End;
            }
        }

        public void Dispose()
        {
            Tree?.Unpin();
            GC.KeepAlive(_child);
        }
    }
}
