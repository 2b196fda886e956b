using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;
using ChildProc.Pipes;

namespace ChildProc.Pipelines;

/// <summary>
/// The pipe between two stages: of the kernel's default size, as a shell's, and with close-on-exec from birth, so that no
/// other child of this process can hold an end and keep the consumer from its end of file or the producer from SIGPIPE.
/// </summary>
/// <remarks>The host has both ends only until both stages run. Nothing else here ever reads or writes them.</remarks>
internal sealed class Joint : IDisposable
{
    private Joint(SafeHandle input, SafeHandle output)
    {
        Input = input;
        Output = output;
    }

    /// <summary>What the consumer reads.</summary>
    internal SafeHandle Input { get; }

    /// <summary>What the producer writes.</summary>
    internal SafeHandle Output { get; }

    /// <summary>What the links in /proc/PID/fd say of it, such as "pipe:[4711]", see proc_pid_fd(5); null on macOS, where a pipe has no name; empty on Windows, where nobody can tell who holds one.</summary>
    internal string? Name { get; private init; }

    /// <param name="producer">For the message of a failure.</param>
    /// <exception cref="ChildProcessStartException">There is no descriptor left.</exception>
    [SupportedOSPlatform("linux")]
    internal static unsafe Joint Create(ChildProcessStartInfo producer)
    {
        int* pair = stackalloc int[2];
        if (Libc.pipe2(pair, Libc.O_CLOEXEC) != 0)
        {
            throw ChildProcessStartException.Create(StartStage.StandardStreams, Marshal.GetLastPInvokeError(), producer);
        }

        return new Joint(new Descriptor(pair[0]), new Descriptor(pair[1])) { Name = new FileInfo($"/proc/self/fd/{pair[0]}").LinkTarget };
    }

    /// <inheritdoc cref="Create"/>
    [SupportedOSPlatform("macos")]
    internal static Joint CreateOnDarwin(ChildProcessStartInfo producer)
    {
        int error = DarwinPlatform.Shared.Pipe(out DarwinDescriptor reads, out DarwinDescriptor writes);
        return error == 0 ? new Joint(reads, writes) : throw ChildProcessStartException.Create(StartStage.StandardStreams, error, producer);
    }

    /// <inheritdoc cref="Create"/>
    [SupportedOSPlatform("windows")]
    internal static Joint CreateOnWindows(ChildProcessStartInfo producer)
    {
        int error = WindowsPipe.Create(childReads: false, overlapped: false, out KernelHandle? input, out KernelHandle? output);
        return error == 0 ? new Joint(input!, output!) { Name = "" } : throw ChildProcessStartException.Create(StartStage.StandardStreams, error, producer);
    }

    public void Dispose()
    {
        Input.Dispose();
        Output.Dispose();
    }
}
