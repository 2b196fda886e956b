using System.IO.Pipelines;
using ChildProc.Engines;
using ChildProc.Pipes;
using ChildProc.Stdio;
using ChildProc.Terminals;

namespace ChildProc;

/// <summary>The streams of a child as its owner has them: each made when it is first asked for.</summary>
/// <remarks>They hold the child, so that a pending read keeps it; so the child's object, and not the engine's tree, has them.</remarks>
internal sealed class ChildStreams(ProcessTree tree)
{
    private const int ReadSize = 64 * 1024; // what a pipe holds; borrowed only while there is something to read
    private readonly Lock _gate = new();
    private PipeWriter? _input;
    private PipeReader? _output, _error;
    private ChildTerminal? _terminal;

    internal ProcessTree Tree => tree;

    private ChildProcessStartInfo Info => tree.Info;

    internal ChildTerminal? Terminal(LocalChildProcess child)
    {
        if (tree.Pipes.Terminal is not { } terminal)
        {
            return null;
        }

        lock (_gate)
        {
            return _terminal ??= new ChildTerminal(terminal, child);
        }
    }

    internal PipeWriter Input(LocalChildProcess child)
    {
        if (TerminalStdio.Resolve(Info, Info.StandardInput) is TerminalStdio)
        {
            return Terminal(child)!.Input;
        }

        PipeEnd pipe = Info.StandardInput is PipeStdio ? tree.Pipes.Input! : throw NoPipe("input");
        lock (_gate)
        {
            return _input ??= new InputWriter(pipe, child);
        }
    }

    internal PipeReader Output(LocalChildProcess child) => TerminalStdio.Resolve(Info, Info.StandardOutput) is TerminalStdio
        ? Terminal(child)!.Output
        : tree.Pumps?.OutputReader ?? Reader(ref _output, Info.StandardOutput is PipeStdio ? tree.Pipes.Output! : throw NoPipe("output"), child);

    // One screen, one reader: where output is the terminal, too, that has it.
    internal PipeReader Error(LocalChildProcess child) => TerminalStdio.Resolve(Info, Info.StandardError) is not TerminalStdio
        ? tree.Pumps?.ErrorReader ?? Reader(ref _error, Info.StandardError is PipeStdio ? tree.Pipes.Error! : throw NoPipe("error"), child)
        : TerminalStdio.Resolve(Info, Info.StandardOutput) is not TerminalStdio
            ? Terminal(child)!.Output
            : throw new InvalidOperationException("Standard error of this child is the terminal, as standard output is: read that.");

    internal static InvalidOperationException NoPipe(string stream)
        => new($"Standard {stream} of this child is no pipe: set it to ChildStdio.Pipe in the start info.");

    private PipeReader Reader(ref PipeReader? reader, PipeEnd pipe, LocalChildProcess child)
    {
        lock (_gate)
        {
            return reader ??= PipeReader.Create(new OutputStream(pipe, child), new StreamPipeReaderOptions(bufferSize: ReadSize, useZeroByteReads: true));
        }
    }
}
