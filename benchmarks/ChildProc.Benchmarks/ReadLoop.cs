using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Benchmarks;

/// <summary>The floor of reading: a blocking read(2) loop over a pipe, as in C, and nothing else that a library owes.</summary>
internal static unsafe partial class ReadLoop
{
    private const int BufferSize = 64 * 1024, CloseOnExec = 0x80000;

    internal static long Run(string program, string[] words)
    {
        int* pipe = stackalloc int[2];
        if (Pipe(pipe, CloseOnExec) != 0)
        {
            throw new InvalidOperationException("pipe2 failed.");
        }

        using SafeFileHandle theirs = new(pipe[1], ownsHandle: true);
        using IChildProcess child = ChildProcess.Start(new ChildProcessStartInfo(program, words) { StandardOutput = ChildStdio.Handle(theirs) });
        theirs.Dispose();
        byte* buffer = (byte*)NativeMemory.Alloc(BufferSize);
        long total = 0;
        nint count;
        while ((count = Read(pipe[0], buffer, BufferSize)) > 0)
        {
            total += count;
        }

        NativeMemory.Free(buffer);
        _ = Close(pipe[0]);
        return total;
    }

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
