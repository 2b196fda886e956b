using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Pipes;
using ChildProc.Pumps;
using ChildProc.Stdio;
using ChildProc.Terminals;

namespace ChildProc.Engines.Supervised;

/// <summary>The descriptors of one start, opened before anything is asked of a supervisor, so that a fault leaves nothing.</summary>
[SupportedOSPlatform("linux")]
internal sealed class StartResources : IDisposable
{
    [ThreadStatic]
    private static StartResources? s_last; // of the last start on this thread, with its lists

    private readonly List<int> _opened = new(8);
    private readonly List<int> _childEnds = new(3); // guarded by itself, as it is closed by whoever hears of the start
    private readonly List<SafeHandle> _borrowed = [];
    private readonly List<int> _message = new(8); // the lifeline comes first
    private ChildProcessStartInfo _info = null!;
    private OutputTarget? _output, _error;
    private Descriptor? _otherSide; // of the terminal
    private int _childTerminal, _beforePlaced;

    private StartResources()
    {
    }

    /// <exception cref="ChildProcessStartException">Something cannot be opened.</exception>
    internal static StartResources Open(RequestImage image)
    {
        StartResources resources = s_last ?? new StartResources();
        s_last = null;
        resources.OpenAll(image);
        return resources;
    }

    private void OpenAll(RequestImage image)
    {
        _info = image.Info;
        _message.Add(-1);
        try
        {
            if (!image.IsInline)
            {
                AddBody(image.Body);
            }

            const int Flags = Libc.O_PATH | Libc.O_CLOEXEC;
            Add(Check(Libc.open(image.WorkingDirectory, Flags | Libc.O_DIRECTORY, 0), StartStage.WorkingDirectory));
            _beforePlaced = _message.Count;
            if (TerminalStdio.IsIn(_info))
            {
                _childTerminal = OpenTerminal();
            }

            InputKind = Open(TerminalStdio.Resolve(_info, _info.StandardInput), 0, out PipeEnd? input);
            OutputKind = Open(TerminalStdio.Resolve(_info, _info.StandardOutput), 1, out PipeEnd? output);
            ErrorKind = Open(TerminalStdio.Resolve(_info, _info.StandardError), 2, out PipeEnd? error);
            Pipes = Pipes with { Input = input, Output = output, Error = error };
            if (_info.StandardInput?.IsPumped == true || _output is not null || _error is not null)
            {
                Pumps = new ChildPumps(_info.StandardInput?.IsPumped == true ? _info.StandardInput : null, _output, _error);
            }

            if (_info.HandleMap is { } handles)
            {
                foreach (SafeHandle handle in handles.Values)
                {
                    Borrow(handle, StartStage.Handles);
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Nothing was opened that somebody else closes, too: nobody knows of this object after the start.</summary>
    internal bool IsPlain { get; private set; } = true;

    internal ChildPipes Pipes { get; private set; }

    internal ChildPumps? Pumps { get; private set; }

    /// <summary>The terminal that the child inherits, or null.</summary>
    internal TerminalModes? Terminal { get; private set; }

    internal int WorkingDirectory => _message[_beforePlaced - 1];

    /// <summary>What the child gets: one for each stream that is a handle, then the inherited handles.</summary>
    internal ReadOnlySpan<int> Placed => CollectionsMarshal.AsSpan(_message)[_beforePlaced..];

    internal Wire.StdioKind InputKind { get; private set; }

    internal Wire.StdioKind OutputKind { get; private set; }

    internal Wire.StdioKind ErrorKind { get; private set; }

    /// <summary>The child runs: its owner has the pipes and what serves them now.</summary>
    internal void KeepPipes()
    {
        Pipes = default;
        Pumps = null;
        _output = _error = null;
    }

    /// <summary>
    /// The child has its own copies of the ends of its pipes: ours go before anything else is heard of it, or at its exit they
    /// would pass for a descendant that still writes or reads. Safe beside <see cref="Dispose"/>.
    /// </summary>
    internal void CloseChildEnds()
    {
        lock (_childEnds)
        {
            _childEnds.ForEach(static descriptor => Libc.close(descriptor));
            _childEnds.Clear();
        }
    }

    internal Span<int> Message(int lifeline)
    {
        Span<int> message = CollectionsMarshal.AsSpan(_message);
        message[0] = lifeline;
        return message;
    }

    public void Dispose()
    {
        Pipes.Close();
        _output?.Close();
        _error?.Close();
        CloseChildEnds();
        _otherSide?.Dispose();
        _opened.ForEach(static descriptor => Libc.close(descriptor));
        _borrowed.ForEach(static handle => handle.DangerousRelease());
        if (IsPlain)
        {
            _opened.Clear();
            _borrowed.Clear();
            _message.Clear();
            (_info, Terminal) = (null!, null);
            s_last = this;
        }
    }

    private Wire.StdioKind Open(ChildStdio? stdio, int number, out PipeEnd? pipe)
    {
        pipe = null;
        switch (stdio)
        {
            case NullStdio:
                return Wire.StdioKind.Null;
            case ToStandardOutputStdio:
                return Wire.StdioKind.AsStandardOutput;
            case PipeStdio:
            case StreamStdio or BytesStdio or LinesStdio or ChunksStdio or TeeStdio:
                if (number != 0 && stdio.IsPumped)
                {
                    OutputTarget target = OutputTargets.Create(stdio, number, _info);
                    _ = number == 1 ? _output = target : _error = target;
                }

                pipe = OpenPipe(childReads: number == 0);
                // Known to the caller at once, so that a fault in a later stream closes it.
                Pipes = number == 0 ? Pipes with { Input = pipe } : number == 1 ? Pipes with { Output = pipe } : Pipes with { Error = pipe };
                return Wire.StdioKind.Handle;
            case TerminalStdio:
                _message.Add(_childTerminal);
                return Wire.StdioKind.Handle;
            case FileStdio file:
                Add(FileOpening.Open(file, number, _info));
                return Wire.StdioKind.Handle;
            case HandleStdio handle:
                Borrow(handle.SafeHandle, StartStage.StandardStreams);
                return Wire.StdioKind.Handle;
            default: // inherit: as it is now, or the null device where the host has closed it
                if (!OutputTargets.IsInheritable(number))
                {
                    return Wire.StdioKind.Null;
                }

                Terminal ??= TerminalModes.Of(number);
                _message.Add(number);
                return Wire.StdioKind.Handle;
        }
    }

    private unsafe DescriptorEnd OpenPipe(bool childReads)
    {
        int* pair = stackalloc int[2];
        Check(Libc.pipe2(pair, Libc.O_CLOEXEC), StartStage.StandardStreams);
        (int theirs, int ours) = childReads ? (pair[0], pair[1]) : (pair[1], pair[0]);
        IsPlain = false;
        _childEnds.Add(theirs);
        _message.Add(theirs);

        // The two ends are separate descriptions: the child's stays blocking.
        Libc.fcntl(ours, Libc.F_SETFL, Libc.O_NONBLOCK);
        return new DescriptorEnd(new Descriptor(ours), reads: !childReads);
    }

    /// <summary>The child's side.</summary>
    private int OpenTerminal()
    {
        PseudoTerminal? terminal = PseudoTerminal.Open(_info.TerminalOptions ?? TerminalOptions.Default, out Descriptor? other, out int error);
        if (terminal is null)
        {
            throw ChildProcessStartException.Create(StartStage.StandardStreams, error, _info, detail: "a pseudo-terminal cannot be opened");
        }

        IsPlain = false;
        Pipes = Pipes with { Terminal = terminal };
        _otherSide = other;
        if (_info.Credentials is { } credentials)
        {
            // As login(1) does it, so that the child can open its terminal by name. Who may not give files away can still use it.
            _ = Libc.fchown(other!.Number, credentials.UserId, uint.MaxValue);
        }

        return other!.Number;
    }

    private void AddBody(ReadOnlySpan<byte> body)
    {
        int memfd = Libc.memfd_create("childproc-request", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        bool isRefused = memfd < 0 && Marshal.GetLastPInvokeError() is not (Libc.EMFILE or Libc.ENFILE or Libc.ENOMEM);
        int descriptor = Check(isRefused ? UnnamedFile.Create() : memfd, StartStage.Containment);
        Add(descriptor);
        int error = isRefused ? SealedMemory.Write(descriptor, body) : SealedMemory.Fill(descriptor, body);
        if (error != 0)
        {
            throw ChildProcessStartException.Create(StartStage.Containment, error, _info);
        }
    }

    private void Add(int descriptor)
    {
        _opened.Add(descriptor);
        _message.Add(descriptor);
    }

    private void Borrow(SafeHandle handle, StartStage stage)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _borrowed.Add(handle);
        int number = (int)handle.DangerousGetHandle();
        Check(Libc.fcntl(number, Libc.F_GETFD, 0), stage); // a handle over a number that is not open
        _message.Add(number);
    }

    private int Check(int result, StartStage stage) => Check(result, stage, _info);

    /// <summary>The result of a call of the C library, or the failed start that a negative one means.</summary>
    internal static int Check(int result, StartStage stage, ChildProcessStartInfo info)
    {
        if (result >= 0)
        {
            return result;
        }

        // No descriptor left is no fault of the directory or file that happened to be next.
        int error = Marshal.GetLastPInvokeError();
        throw ChildProcessStartException.Create(error is Libc.EMFILE or Libc.ENFILE ? StartStage.StandardStreams : stage, error, info);
    }
}
