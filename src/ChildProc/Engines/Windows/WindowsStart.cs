using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Pipes;
using ChildProc.Pumps;
using ChildProc.Stdio;

namespace ChildProc.Engines.Windows;

/// <summary>The handles of one start, opened before the process is created, so that a fault leaves nothing.</summary>
/// <remarks>
/// The child inherits exactly its standard streams: inheritable copies, made for this start alone and named in the list of handles
/// (PROC_THREAD_ATTRIBUTE_HANDLE_LIST). Each copy is one of a kind, for CreateProcess refuses a list with a number twice.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed class WindowsStart : IDisposable
{
    private readonly ChildProcessStartInfo _info;
    private readonly List<KernelHandle> _childEnds = new(3);
    private readonly List<KernelHandle> _inherited = new(3);
    private OutputTarget? _output, _error;

    /// <exception cref="ChildProcessStartException">Something cannot be opened.</exception>
    internal WindowsStart(WindowsStartImage image)
    {
        _info = image.Info;
        try
        {
            image.Resolve(out string application, out string commandLine);
            (Application, CommandLine) = (application, commandLine);
            if (image.WorkingDirectory is { } directory)
            {
                CheckDirectory(directory);
            }

            if (TerminalStdio.IsIn(_info))
            {
                Check(PseudoConsole.Open(_info.TerminalOptions ?? TerminalOptions.Default, out PseudoConsole? console));
                Pipes = new ChildPipes(null, null, null, console);
                return; // the console itself is all that the child gets
            }

            Input = Open(_info.StandardInput, 0);
            Output = Open(_info.StandardOutput, 1);
            Error = _info.StandardError is ToStandardOutputStdio ? Output : Open(_info.StandardError, 2);
            if (_info.StandardInput?.IsPumped == true || _output is not null || _error is not null)
            {
                Pumps = new ChildPumps(_info.StandardInput?.IsPumped == true ? _info.StandardInput : null, _output, _error);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal string Application { get; }

    internal string CommandLine { get; }

    internal ChildPipes Pipes { get; private set; }

    internal ChildPumps? Pumps { get; private set; }

    /// <summary>The copies that the child inherits; null where it has a console in their place.</summary>
    internal KernelHandle? Input { get; }

    internal KernelHandle? Output { get; }

    internal KernelHandle? Error { get; }

    internal List<KernelHandle> Inherited => _inherited;

    /// <summary>The child runs: its owner has the pipes and what serves them now.</summary>
    internal void KeepPipes()
    {
        Pipes = default;
        Pumps = null;
        _output = _error = null;
    }

    /// <summary>Those made for the child, and the copies that it inherits.</summary>
    internal void CloseChildEnds()
    {
        _inherited.ForEach(static h => h.Dispose());
        _childEnds.ForEach(static h => h.Dispose());
    }

    public void Dispose()
    {
        Pipes.Close();
        _output?.Close();
        _error?.Close();
        CloseChildEnds();
    }

    private KernelHandle Open(ChildStdio? stdio, int number)
    {
        switch (stdio)
        {
            case NullStdio:
                return Inherit(Own(StandardHandle.Null(number == 0)));
            case PipeStdio or StreamStdio or BytesStdio or LinesStdio or ChunksStdio or TeeStdio:
                if (number != 0 && stdio.IsPumped)
                {
                    OutputTarget target = WindowsTargets.Create(stdio, number, _info);
                    _ = number == 1 ? _output = target : _error = target;
                }

                KernelHandle theirs = OpenPipe(childReads: number == 0, out PipeEnd pipe);
                // Known to the caller at once, so that a fault in a later stream closes it.
                Pipes = number == 0 ? Pipes with { Input = pipe } : number == 1 ? Pipes with { Output = pipe } : Pipes with { Error = pipe };
                return Inherit(theirs);
            case FileStdio file:
                return Inherit(Own(WindowsFile.Open(file, number, _info)));
            case HandleStdio handle:
                return Inherit(handle.SafeHandle);
            default: // inherit: as it is now, or the null device where the host has none
                using (SafeHandle? standard = StandardHandle.Of(number))
                {
                    return Inherit(standard ?? Own(StandardHandle.Null(number == 0)));
                }
        }
    }

    private KernelHandle OpenPipe(bool childReads, out PipeEnd pipe)
    {
        Check(WindowsPipe.Create(childReads, overlapped: true, out KernelHandle? ours, out KernelHandle? theirs));
        pipe = new OverlappedEnd(ours!, reads: !childReads);
        return Own(theirs!);
    }

    private KernelHandle Own(KernelHandle handle)
    {
        Check(handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0);
        _childEnds.Add(handle);
        return handle;
    }

    private KernelHandle Inherit(SafeHandle original)
    {
        KernelHandle? copy = KernelHandle.Inheritable(original);
        Check(copy is null ? Marshal.GetLastPInvokeError() : 0);
        _inherited.Add(copy!);
        return copy!;
    }

    private void Check(int error) => ChildProcessStartException.ThrowIfFailed(error, StartStage.StandardStreams, _info);

    // CreateProcess tells it too, but not apart from a program that is not there.
    private void CheckDirectory(string directory)
    {
        uint attributes = Kernel32.GetFileAttributesW(directory);
        int error = attributes == Kernel32.INVALID_FILE_ATTRIBUTES ? Marshal.GetLastPInvokeError()
            : (attributes & Kernel32.FILE_ATTRIBUTE_DIRECTORY) == 0 ? Kernel32.ERROR_DIRECTORY : 0;
        ChildProcessStartException.ThrowIfFailed(error, StartStage.WorkingDirectory, _info);
    }
}
