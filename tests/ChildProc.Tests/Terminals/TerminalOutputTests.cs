using System.Buffers;
using System.IO.Pipelines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Terminals;

/// <summary>No byte of what a child shows is lost, and nobody waits for what never comes.</summary>
public sealed class TerminalOutputTests
{
    private static readonly TerminalOptions s_raw = new() { Mode = TerminalMode.Raw };

    [Fact(Timeout = 60_000)]
    public async Task More_than_a_terminal_holds_arrives_whole()
    {
        const int Lines = 100_000;
        CapturedResult result = await ChildProcess.CaptureAsync(new(Puppet.Info("flood-lines", $"{Lines}")) { StandardOutput = ChildStdio.Terminal });
        Assert.Equal(string.Concat(Enumerable.Range(0, Lines).Select(static i => $"line {i}\r\n")), result.StandardOutput);
        Assert.False(result.OutputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_dead_child_left_in_the_terminal_is_still_read()
    {
        const int Size = 10_000; // beyond one read (4 KiB), within what the kernel keeps of one write (11 KiB)
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", $"{Size}").AtTerminal(s_raw));
        Assert.Equal(0, (await child.WaitForExitAsync()).Code);
        byte[] all = await AllAsync(child.StandardOutput);
        Assert.Equal(Size, all.Length);
        Assert.All(all.Index(), static b => Assert.Equal((byte)((b.Index * 131) + (b.Index / 257)), b.Item));
        Assert.False(child.OutputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task Raw_bytes_go_through_and_back_unchanged()
    {
        byte[] sent = new byte[1 << 20];
        new Random(1).NextBytes(sent);
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo("cat").AtTerminal(s_raw));
        Task<FlushResult> typing = child.StandardInput.WriteAsync(sent).AsTask();
        byte[] received = new byte[sent.Length];
        await child.StandardOutput.AsStream(leaveOpen: true).ReadExactlyAsync(received);
        await typing;
        Assert.True(sent.AsSpan().SequenceEqual(received));
        await child.StandardInput.CompleteAsync(); // types nothing: it would be a byte
        Assert.False(child.HasExited);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_holds_the_terminal_hangs_no_capture()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("ignore", "HUP", ",", "hold-stdout", "0", ",", "print", "all"))
        {
            StandardOutput = ChildStdio.Terminal,
            DrainTimeout = TimeSpan.FromMilliseconds(200),
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.Equal("all\r\n", result.StandardOutput);
        Assert.True(result.OutputIncomplete);
        Assert.Single(result.KilledLeftovers);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_holds_the_terminal_is_named()
    {
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        ChildProcessStartInfo info = new(Puppet.Seq("ignore", "HUP", ",", "hold-stdout", "0").AtTerminal()) { DrainTimeout = TimeSpan.FromMilliseconds(50) };
        await using IChildProcess child = await host.StartAsync(info);
        const int OutputCut = 9;
        await Eventually.HoldsAsync(() => log.Has(OutputCut), "the output is cut");
        Assert.EndsWith(" puppet", log.Entries.First(static e => e.Id.Id == OutputCut).Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_never_stops_writing_is_cut()
    {
        ChildProcessStartInfo info = new(Puppet.Seq("ignore", "HUP", ",", "flood", "2000", ",", "fork", "1", "flood", "100000000000", ",", "exit", "0"))
        {
            StandardOutput = ChildStdio.Terminal,
            DrainTimeout = TimeSpan.FromMilliseconds(100),
            CaptureLimit = 1000,
        };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.True(result.OutputIncomplete && result.OutputTruncated);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_foreground_of_a_child_that_exits_gets_SIGHUP()
    {
        // The kernel's own rule for the leader of a session (setsid(2)); the output then ends by itself.
        ChildProcessStartInfo info = new(Puppet.Seq("hold-stdout", "0", ",", "print", "all")) { StandardOutput = ChildStdio.Terminal, DrainTimeout = Timeout.InfiniteTimeSpan };
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.Equal("all\r\n", result.StandardOutput);
        Assert.False(result.OutputIncomplete);
    }

    internal static async Task<byte[]> AllAsync(PipeReader reader)
    {
        while (true)
        {
            ReadResult read = await reader.ReadAsync();
            if (read.IsCompleted)
            {
                return read.Buffer.ToArray();
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
