using System.Runtime.InteropServices;
using ChildProc.Interop;
using ChildProc.Pipes;
using ChildProc.Pumps;
using ChildProc.Stdio;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>The descriptors of one start, opened before anything is spawned, so that a fault leaves nothing.</summary>
internal sealed class DarwinStartResources : IDisposable
{
    private readonly DarwinPlatform _platform;
    private readonly ChildProcessStartInfo _info;
    private readonly DarwinFiles _files;
    private readonly List<DarwinDescriptor> _opened = [];
    private readonly List<SafeHandle> _borrowed = [];
    private readonly List<(int Source, int Target)> _pairs = [];
    private readonly List<int> _nulls = [];
    private readonly List<SpawnAction> _actions = [];
    private OutputTarget? _output, _error;

    /// <exception cref="ChildProcessStartException">Something cannot be opened.</exception>
    internal DarwinStartResources(DarwinPlatform platform, ChildProcessStartInfo info)
    {
        _platform = platform;
        _info = info;
        _files = new DarwinFiles(platform, info);
        try
        {
            bool[] open = [_files.IsOpen(0), _files.IsOpen(1), _files.IsOpen(2)]; // now: a pipe takes the lowest free number
            Connect(info.StandardInput, 0, open[0]);
            Connect(info.StandardOutput, 1, open[1]);
            Connect(info.StandardError, 2, open[2]);
            if (info.StandardInput?.IsPumped == true || _output is not null || _error is not null)
            {
                Pumps = new ChildPumps(info.StandardInput?.IsPumped == true ? info.StandardInput : null, _output, _error);
            }

            foreach ((int target, SafeHandle handle) in info.InheritedHandles)
            {
                Borrow(handle, target, StartStage.Handles);
            }

            _files.Check(-DescriptorPlan.Make(platform.System, _pairs, _nulls, _actions, _opened), StartStage.Handles);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal ChildPipes Pipes { get; private set; }

    internal ChildPumps? Pumps { get; private set; }

    internal IReadOnlyList<SpawnAction> Actions => _actions;

    /// <summary>The child runs: its owner has the pipes and what serves them now.</summary>
    internal void KeepPipes()
    {
        Pipes = default;
        Pumps = null;
        _output = _error = null;
    }

    /// <summary>The child has its own copies: ours would pass for a descendant that still writes or reads.</summary>
    internal void CloseChildEnds() => _opened.ForEach(static descriptor => descriptor.Dispose());

    public void Dispose()
    {
        Pipes.Close();
        _output?.Close();
        _error?.Close();
        CloseChildEnds();
        _borrowed.ForEach(static handle => handle.DangerousRelease());
        _borrowed.Clear();
    }

    private void Connect(ChildStdio? stdio, int number, bool isOpen)
    {
        switch (stdio)
        {
            case NullStdio:
                _nulls.Add(number);
                break;
            case ToStandardOutputStdio:
                if (_nulls.Contains(1))
                {
                    _nulls.Add(number);
                }
                else
                {
                    _pairs.Add((_pairs.Find(static pair => pair.Target == 1).Source, number));
                }

                break;
            case PipeStdio or StreamStdio or BytesStdio or LinesStdio or ChunksStdio or TeeStdio:
                if (number != 0 && stdio.IsPumped)
                {
                    OutputTarget target = _files.Target(stdio, number);
                    _ = number == 1 ? _output = target : _error = target;
                }

                OpenPipe(number);
                break;
            case FileStdio file:
                _opened.Add(_files.Open(file, number));
                _pairs.Add((_opened[^1].Number, number));
                break;
            case HandleStdio handle:
                Borrow(handle.SafeHandle, number, StartStage.StandardStreams);
                break;
            default: // inherit: as it is now, or the null device where the host has closed it
                if (isOpen)
                {
                    _pairs.Add((number, number));
                }
                else
                {
                    _nulls.Add(number);
                }

                break;
        }
    }

    private void OpenPipe(int number)
    {
        int error = _platform.Pipe(out DarwinDescriptor reads, out DarwinDescriptor writes);
        _files.Check(-error, StartStage.StandardStreams);
        (DarwinDescriptor theirs, DarwinDescriptor ours) = number == 0 ? (reads, writes) : (writes, reads);
        _opened.Add(theirs);
        _pairs.Add((theirs.Number, number));
        DarwinPipeEnd end = new(_platform, ours, reads: number != 0);

        // Known at once, so that a fault in what follows closes it.
        Pipes = number == 0 ? Pipes with { Input = end } : number == 1 ? Pipes with { Output = end } : Pipes with { Error = end };

        // The two ends are separate descriptions: the child's stays blocking.
        _files.Check(_platform.System.Control(ours.Number, DarwinAbi.F_SETFL, DarwinAbi.O_NONBLOCK), StartStage.StandardStreams);
    }

    private void Borrow(SafeHandle handle, int target, StartStage stage)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _borrowed.Add(handle);
        int number = (int)handle.DangerousGetHandle();
        _files.Check(_platform.System.Control(number, DarwinAbi.F_GETFD, 0), stage); // a handle over a number that is not open
        _pairs.Add((number, target));
    }
}
