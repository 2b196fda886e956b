using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using CliWrap;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Benchmarks;

/// <summary>How fast does output come from a child to the host, against a bare read(2) loop with the same buffer?</summary>
[MemoryDiagnoser]
public unsafe partial class Throughput
{
    private const int BufferSize = 64 * 1024;

    [Params(1024)]
    public long Mebibytes { get; set; }

    private string[] Words => ["zeros", (Mebibytes << 20).ToString(CultureInfo.InvariantCulture)];

    [Benchmark(Baseline = true)]
    public long Read_loop()
    {
        int* pipe = stackalloc int[2];
        const int CloseOnExec = 0x80000;
        if (Pipe(pipe, CloseOnExec) != 0)
        {
            throw new InvalidOperationException("pipe2 failed.");
        }

        using SafeFileHandle theirs = new(pipe[1], ownsHandle: true);
        using IChildProcess child = ChildProcess.Start(new ChildProcessStartInfo(Target.Program, Words) { StandardOutput = ChildStdio.Handle(theirs) });
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

    [Benchmark]
    public async Task<long> ChildProc_PipeReader()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Target.Program, Words) { StandardOutput = ChildStdio.Pipe });
        long total = 0;
        ReadResult read;
        do
        {
            read = await child.StandardOutput.ReadAsync();
            total += read.Buffer.Length;
            child.StandardOutput.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
        return total;
    }

    [Benchmark]
    public async Task<ChildResult> ChildProc_Stream()
        => await ChildProcess.RunAsync(new ChildProcessStartInfo(Target.Program, Words) { StandardOutput = ChildStdio.Stream(Stream.Null) });

    [Benchmark]
    public async Task<int> CliWrap_Stream()
        => (await Cli.Wrap(Target.Program).WithArguments(Words).WithStandardOutputPipe(PipeTarget.ToStream(Stream.Null)).ExecuteAsync()).ExitCode;

    [Benchmark]
    public async Task<int> Process_BaseStream()
    {
        using Process process = Target.Start(redirected: true, Words);
        await process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, BufferSize);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
