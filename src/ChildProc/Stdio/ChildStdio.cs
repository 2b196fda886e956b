using System.Runtime.InteropServices;
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

    /// <summary>A file, opened at the start.</summary>
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
}
