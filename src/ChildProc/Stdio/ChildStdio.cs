using System.Runtime.InteropServices;
using System.Text;
using ChildProc.Stdio;

namespace ChildProc;

/// <summary>What a standard stream of a child is connected to. A closed set: make values by its static members.</summary>
public abstract class ChildStdio
{
    private protected ChildStdio()
    {
    }

    /// <summary>The same stream as the host's.</summary>
    public static ChildStdio Inherit { get; } = new InheritStdio();

    /// <summary>The null device: at its end for input, swallowing for output.</summary>
    public static ChildStdio Null { get; } = new NullStdio();

    /// <summary>A pipe to the host, whose other end is a property of the running child.</summary>
    public static ChildStdio Pipe { get; } = new PipeStdio();

    /// <summary>The same as standard output of the child, in the order of writing; for standard error only.</summary>
    public static ChildStdio ToStandardOutput { get; } = new ToStandardOutputStdio();

    /// <summary>
    /// A new pseudo-terminal, the same one for every stream that says so, and the controlling terminal of the child, which leads
    /// a new session; its other side is <see cref="IChildProcess.Terminal"/>. Streams left at null beside it are the terminal,
    /// too, but for the input of a captured child. <see cref="ChildProcessStartInfo.TerminalOptions"/> says how it looks. Set
    /// all three: what knows of streams beside a terminal is Unix alone. See pty(7).
    /// </summary>
    public static ChildStdio Terminal { get; } = new TerminalStdio();

    /// <summary>
    /// A file, opened by the host at the start and given to the child itself. A FIFO is not waited for: without a writer it
    /// reads as ended, without a reader it cannot be opened (ENXIO); see fifo(7).
    /// </summary>
    /// <param name="path">The path; a relative one starts from the current directory of the host, not of the child.</param>
    /// <param name="mode">
    /// How to open it. Null, the default, means <see cref="FileMode.Open"/> for input and <see cref="FileMode.Create"/>
    /// (truncate) for output. Output may also have <see cref="FileMode.Append"/>, <see cref="FileMode.CreateNew"/> or
    /// <see cref="FileMode.OpenOrCreate"/>.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException">The path is null.</exception>
    /// <exception cref="ArgumentException">The path is empty or contains a NUL character.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The mode is not a file mode.</exception>
    public static ChildStdio File(string path, FileMode? mode = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0'))
        {
            throw new ArgumentException("The path contains a NUL character.", nameof(path));
        }

        if (mode is < FileMode.CreateNew or > FileMode.Append)
        {
            throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a file mode.");
        }

        return new FileStdio(path, mode);
    }

    /// <summary>An open file, socket, pipe or terminal of the host.</summary>
    /// <param name="handle">
    /// The handle. It stays the caller's to dispose, and must stay open until the child is started; the child gets a copy.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException">The handle is null.</exception>
    public static ChildStdio Handle(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new HandleStdio(handle);
    }

    /// <summary>A stream of the host, which the library copies from or to while the child runs, no faster than the slower of the two.</summary>
    /// <param name="stream">
    /// Input is read from it up to its end, or until the child no longer reads; output is written to it, and it is flushed at
    /// the end. It stays the caller's to dispose, and serves one child at a time; for both outputs of one, standard error
    /// goes <see cref="ToStandardOutput"/>.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException">The stream is null.</exception>
    public static ChildStdio Stream(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new StreamStdio(stream);
    }

    /// <summary>A text, for standard input only; then end of file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="encoding">How it becomes bytes; null for UTF-8 without a byte order mark.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public static ChildStdio Text(string text, Encoding? encoding = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new BytesStdio((encoding ?? Encoding.UTF8).GetBytes(text));
    }

    /// <summary>Bytes, for standard input only; then end of file.</summary>
    /// <param name="bytes">The bytes; not copied, so they must stay as they are while the child runs.</param>
    /// <returns>The connection.</returns>
    public static ChildStdio Bytes(ReadOnlyMemory<byte> bytes) => new BytesStdio(bytes);

    /// <summary>A callback for each line, for output only.</summary>
    /// <param name="onLine">
    /// Called for one line after the other, without the line end (LF, CR or CRLF), on the thread pool. A line longer than
    /// <see cref="ChildProcessStartInfo.LineLimit"/> comes in pieces. While it runs the child is not read. What it throws
    /// closes the pipe and comes out of <see cref="IChildProcess.WaitForStreamsAsync"/> and of a run.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException">The callback is null.</exception>
    public static ChildStdio Lines(Action<string> onLine)
    {
        ArgumentNullException.ThrowIfNull(onLine);
        return Lines(line =>
        {
            onLine(line);
            return ValueTask.CompletedTask;
        });
    }

    /// <inheritdoc cref="Lines(Action{string})"/>
    public static ChildStdio Lines(Func<string, ValueTask> onLine)
    {
        ArgumentNullException.ThrowIfNull(onLine);
        return new LinesStdio(onLine);
    }

    /// <summary>A callback for each piece of output as it is read, for output only.</summary>
    /// <param name="onChunk">
    /// Called for one piece after the other, on the thread pool; the memory is its own only until it returns. While it runs
    /// the child is not read. What it throws closes the pipe and comes out of
    /// <see cref="IChildProcess.WaitForStreamsAsync"/> and of a run.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException">The callback is null.</exception>
    public static ChildStdio Chunks(Func<ReadOnlyMemory<byte>, ValueTask> onChunk)
    {
        ArgumentNullException.ThrowIfNull(onChunk);
        return new ChunksStdio(onChunk);
    }

    /// <summary>Several targets at once, for output only: each gets everything, at the pace of the slowest.</summary>
    /// <param name="targets">
    /// Any of <see cref="Inherit"/>, <see cref="Null"/>, <see cref="File"/>, <see cref="Handle"/>, <see cref="Stream"/>,
    /// lines, chunks, and at most one <see cref="Pipe"/>. A file is opened before the child is started.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException">The targets, or one of them, are null.</exception>
    /// <exception cref="ArgumentException">There is no target, or one that cannot be in a tee.</exception>
    public static ChildStdio Tee(params IEnumerable<ChildStdio> targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ChildStdio[] all = [.. targets];
        if (all.Length == 0)
        {
            throw new ArgumentException("A tee needs a target.", nameof(targets));
        }

        foreach (ChildStdio target in all)
        {
            ArgumentNullException.ThrowIfNull(target, nameof(targets));
            if (target is not (InheritStdio or NullStdio or FileStdio or HandleStdio or StreamStdio or LinesStdio or ChunksStdio or PipeStdio))
            {
                throw new ArgumentException($"{target} cannot be a target of a tee.", nameof(targets));
            }
        }

        return all.Count(static target => target is PipeStdio) > 1
            ? throw new ArgumentException("A tee has one pipe at most.", nameof(targets))
            : new TeeStdio(all);
    }

    /// <summary>The caller reads or writes it by a property of the running child.</summary>
    internal bool IsPipe => this is PipeStdio || (this is TeeStdio tee && Array.Exists(tee.Targets, static target => target is PipeStdio));

    /// <summary>The library serves it while the child runs.</summary>
    internal bool IsPumped => this is StreamStdio or BytesStdio or LinesStdio or ChunksStdio or TeeStdio;
}
