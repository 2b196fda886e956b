using System.IO.Pipelines;
using ChildProc.Engines;
using ChildProc.Pipes;
using ChildProc.Stdio;
using ChildProc.Terminals;

namespace ChildProc;

/// <summary>A child on this machine: the caller's object over the engine's tree. Nothing but the caller holds it alive.</summary>
internal sealed class LocalChildProcess : IChildProcess
{
    private const int ReadSize = 64 * 1024; // what a pipe holds; borrowed only while there is something to read
    private readonly ProcessTree _tree;
    private readonly CancellationToken _lifetime;
    private readonly CancellationTokenRegistration _registration;
    private readonly Lock _gate = new();
    private PipeWriter? _input;
    private PipeReader? _output, _error;
    private ChildTerminal? _terminal;
    private Task? _disposal;

    internal LocalChildProcess(ChildProcessStartInfo info, ProcessTree tree, CancellationToken lifetime)
    {
        StartInfo = info;
        _tree = tree;
        _lifetime = lifetime;

        // The token, which may live long, holds the tree and never this object: it can be forgotten and collected.
        _registration = lifetime.UnsafeRegister(static tree => ((ProcessTree)tree!).CancelByLifetime(), tree);
    }

    ~LocalChildProcess()
    {
        _registration.Unregister(); // a long-lived token would hold the tree for ever
        _tree.AbandonForgotten();
    }

    public int Id => _tree.Id;

    public ChildProcessStartInfo StartInfo { get; }

    public Containment Containment => _tree.Containment;

    public DateTimeOffset StartTime => _tree.StartTime;

    public bool OutputIncomplete => _tree.Pipes.Output?.Incomplete == true || _tree.Pipes.Error?.Incomplete == true
        || _tree.Pipes.Terminal?.Output.Incomplete == true;

    public bool InputIncomplete => _tree.Pumps?.InputIncomplete == true;

    public bool HasExited => _tree.HasExited;

    public ExitStatus? Exit => _tree.Exit;

    public IChildTerminal? Terminal
    {
        get
        {
            if (_tree.Pipes.Terminal is not { } terminal)
            {
                return null;
            }

            lock (_gate)
            {
                return _terminal ??= new ChildTerminal(terminal, this);
            }
        }
    }

    public PipeWriter StandardInput
    {
        get
        {
            if (TerminalStdio.Resolve(StartInfo, StartInfo.StandardInput) is TerminalStdio)
            {
                return Terminal!.Input;
            }

            PipeEnd pipe = StartInfo.StandardInput is PipeStdio ? _tree.Pipes.Input! : throw NoPipe("input");
            lock (_gate)
            {
                return _input ??= new InputWriter(pipe, this);
            }
        }
    }

    public PipeReader StandardOutput => TerminalStdio.Resolve(StartInfo, StartInfo.StandardOutput) is TerminalStdio
        ? Terminal!.Output
        : _tree.Pumps?.OutputReader ?? Reader(ref _output, StartInfo.StandardOutput is PipeStdio ? _tree.Pipes.Output! : throw NoPipe("output"));

    // One screen, one reader: where output is the terminal, too, that has it.
    public PipeReader StandardError => TerminalStdio.Resolve(StartInfo, StartInfo.StandardError) is not TerminalStdio
        ? _tree.Pumps?.ErrorReader ?? Reader(ref _error, StartInfo.StandardError is PipeStdio ? _tree.Pipes.Error! : throw NoPipe("error"))
        : TerminalStdio.Resolve(StartInfo, StartInfo.StandardOutput) is not TerminalStdio
            ? Terminal!.Output
            : throw new InvalidOperationException("Standard error of this child is the terminal, as standard output is: read that.");

    public async ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        if (_tree.Exit is not { } status)
        {
            status = await _tree.WhenExited().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_tree.WasCanceled)
        {
            await _tree.StopOnceAsync().ConfigureAwait(false);
            throw new OperationCanceledException(_lifetime);
        }

        GC.KeepAlive(this); // whoever awaits the child has not forgotten it
        return status;
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
            ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeSpan.FromMilliseconds(int.MaxValue));
        }

        bool exited = _tree.WaitForExit(timeout, out status);
        if (exited && _tree.WasCanceled)
        {
            _tree.StopOnceAsync().GetAwaiter().GetResult();
            throw new OperationCanceledException(_lifetime);
        }

        GC.KeepAlive(this);
        return exited;
    }

    public async ValueTask WaitForStreamsAsync(CancellationToken cancellationToken = default)
    {
        if (_tree.Pumps is { } pumps)
        {
            await pumps.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
            GC.KeepAlive(this);
        }
    }

    public async ValueTask WaitForTreeAsync(CancellationToken cancellationToken = default)
    {
        await _tree.WhenEmpty().WaitAsync(cancellationToken).ConfigureAwait(false);
        GC.KeepAlive(this);
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
        return _tree.Signal(signal, scope);
    }

    public void Kill() => _tree.Kill();

    public async ValueTask<ExitStatus> StopAsync(StopPolicy? policy = null, CancellationToken cancellationToken = default)
    {
        policy ??= StartInfo.Stop;
        RequireGroup(policy.Scope, nameof(policy));
        if ((!_tree.IsEmpty || _tree.IsLost)
            && await _tree.StopAsync(policy, cancellationToken).ConfigureAwait(false))
        {
            throw new OperationCanceledException(cancellationToken);
        }

        GC.KeepAlive(this);
        return _tree.Exit ?? ExitStatus.Unknown;
    }

    public IReadOnlyList<int> GetDescendantIds()
    {
        List<int> members = _tree.Members();
        members.Remove(Id);
        return members;
    }

    public void Dispose()
    {
        TaskCompletionSource? mine = null;
        lock (_gate)
        {
            if (_disposal is null)
            {
                mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _disposal = mine.Task;
            }
        }

        if (mine is null)
        {
            _disposal.GetAwaiter().GetResult();
        }
        else
        {
            DisposeBlocking();
            mine.SetResult();
        }

        GC.SuppressFinalize(this);
    }

    public async ValueTask DisposeAsync()
    {
        await DisposeOnce().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>The lifetime ended before the child did.</summary>
    internal bool WasCanceled => _tree.WasCanceled;

    /// <summary>"pid command" of what outlived the child.</summary>
    internal string[] Leftovers()
    {
        if (_tree.IsEmpty)
        {
            return [];
        }

        string[] all = _tree.DescribeMembers();
        return Array.FindAll(all, text => !text.StartsWith($"{Id} ", StringComparison.Ordinal));
    }

    // A disposal now hands over what is left, and kills nobody.
    private bool ReleasesLeftovers => StartInfo.Leftovers == ChildProc.Leftovers.Release && _tree.HasExited && !_tree.IsEmpty;

    private Task DisposeOnce()
    {
        lock (_gate)
        {
            return _disposal ??= DisposeCoreAsync();
        }
    }

    private async Task DisposeCoreAsync()
    {
        try
        {
            if (ReleasesLeftovers)
            {
                _tree.Release();
            }
            else
            {
                await _tree.KillAndWaitAsync().ConfigureAwait(false);
            }
        }
        catch (ChildProcessTreeException)
        {
            // Logged where it arose, with what is left. The supervisor goes on killing after the lifeline ends below.
        }
        finally
        {
            await _registration.DisposeAsync().ConfigureAwait(false);
            _tree.Close();
        }
    }

    // No await: with all threads of the pool in here, none would be left to go on.
    private void DisposeBlocking()
    {
        try
        {
            if (ReleasesLeftovers)
            {
                _tree.Release();
            }
            else
            {
                _tree.KillAndWait();
            }
        }
        catch (ChildProcessTreeException)
        {
            // as in DisposeCoreAsync
        }
        finally
        {
            _registration.Dispose();
            _tree.Close();
        }
    }

    private PipeReader Reader(ref PipeReader? reader, PipeEnd pipe)
    {
        lock (_gate)
        {
            return reader ??= PipeReader.Create(new OutputStream(pipe, this), new StreamPipeReaderOptions(bufferSize: ReadSize, useZeroByteReads: true));
        }
    }

    private void RequireGroup(SignalScope scope, string parameter)
    {
        if (scope == SignalScope.ProcessGroup && !StartInfo.NewProcessGroup && !StartInfo.NewSession
            && _tree.Pipes.Terminal is null)
        {
            throw new ArgumentException("The child is in the host's process group, which it has no right to speak for.", parameter);
        }
    }

    private static InvalidOperationException NoPipe(string stream)
        => new($"Standard {stream} of this child is no pipe: set it to ChildStdio.Pipe in the start info.");
}
