using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Stdio;

/// <summary>Sockets and pipes of the caller's as standard streams.</summary>
public sealed class HandleStdioTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_socket_serves_as_input_and_output_at_once()
    {
        (Socket ours, Socket theirs) = await ConnectAsync();
        using (ours)
        {
            ChildStdio socket = ChildStdio.Handle(theirs.SafeHandle);
            await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("cat")) { StandardInput = socket, StandardOutput = socket });
            theirs.Dispose();
            await using NetworkStream stream = new(ours);
            byte[] sent = new byte[300_000], received = new byte[300_000];
            Random.Shared.NextBytes(sent);
            Task writing = Task.Run(async () =>
            {
                await stream.WriteAsync(sent);
                ours.Shutdown(SocketShutdown.Send);
            });
            await stream.ReadExactlyAsync(received, TestContext.Current.CancellationToken);
            await writing;
            Assert.Equal(0, await stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken)); // nobody else holds it
            Assert.Equal(sent, received);
            Assert.True((await child.WaitForExitAsync()).IsSuccess);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pipe_of_the_callers_takes_the_output_and_ends_with_the_child(bool tee)
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.In, HandleInheritability.None);
        ChildStdio handle = ChildStdio.Handle(pipe.ClientSafePipeHandle);
        Task<ChildResult> run = ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("flood", "500000")) { StandardOutput = tee ? ChildStdio.Tee(handle, ChildStdio.Null) : handle });
        long total = 0;
        byte[] buffer = new byte[5000];
        while (total < 500_000)
        {
            total += await pipe.ReadAsync(buffer, TestContext.Current.CancellationToken);
        }

        Assert.True((await run).Status.IsSuccess);
        pipe.DisposeLocalCopyOfClientHandle();
        Assert.Equal(0, await pipe.ReadAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal(500_000, total);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pipe_of_the_callers_is_the_input()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out, HandleInheritability.None);
        Task<CapturedResult> capture = ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Info("cat")) { StandardInput = ChildStdio.Handle(pipe.ClientSafePipeHandle) });
        await pipe.WriteAsync("through"u8.ToArray(), TestContext.Current.CancellationToken);
        pipe.Dispose();
        Assert.Equal("through", (await capture).StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pipe_that_nobody_reads_any_more_is_the_fault_of_a_tee_and_a_signal_otherwise()
    {
        foreach (bool tee in (bool[])[false, true])
        {
            AnonymousPipeServerStream pipe = new(PipeDirection.In, HandleInheritability.None);
            using SafeHandle writing = pipe.ClientSafePipeHandle;
            ChildStdio handle = ChildStdio.Handle(writing);
            bool added = false;
            writing.DangerousAddRef(ref added);
            pipe.SafePipeHandle.Dispose();
            try
            {
                Task<ChildResult> run = ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("flood", "100000000000")) { StandardOutput = tee ? ChildStdio.Tee(handle) : handle });
                if (tee)
                {
                    Assert.Equal(32 /* EPIPE */, (await Assert.ThrowsAsync<IOException>(() => run)).HResult);
                }
                else
                {
                    Assert.Equal(ChildSignal.Pipe, (await run).Status.Signal);
                }
            }
            finally
            {
                writing.DangerousRelease();
                await pipe.DisposeAsync();
            }
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tee_to_a_pipe_that_is_full_and_never_read_holds_up_no_disposal_and_no_thread(bool blocking)
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.In, HandleInheritability.None);
        IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("flood", "100000000000"))
        {
            StandardOutput = ChildStdio.Tee(ChildStdio.Handle(pipe.ClientSafePipeHandle)),
        });
        await HeldWriter.BlocksAsync(child.Id);
        if (blocking)
        {
            child.Dispose();
        }
        else
        {
            await child.DisposeAsync();
        }

        await child.WaitForStreamsAsync(); // the copy has let go of the pipe
        Assert.True(child.HasExited);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_handle_stays_the_callers()
    {
        string path = Path.GetTempFileName();
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            foreach (ChildStdio output in (ChildStdio[])[ChildStdio.Handle(file), ChildStdio.Tee(ChildStdio.Handle(file))])
            {
                await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("print", "x")) { StandardOutput = output });
                Assert.False(file.IsClosed);
            }

            Assert.Equal(4, RandomAccess.GetLength(file));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<(Socket Ours, Socket Theirs)> ConnectAsync()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-socket");
        try
        {
            UnixDomainSocketEndPoint name = new(Path.Combine(directory.FullName, "s"));
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(name);
            listener.Listen();
            Socket ours = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), theirs;
            Task<Socket> accepting = Task.Run(listener.Accept); // not by AcceptAsync: its sockets do not block
            await ours.ConnectAsync(name);
            theirs = await accepting;
            return (ours, theirs);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
