using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

/// <summary>What goes from stage to stage: all of it, and past the host.</summary>
public sealed class TransferTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_large_transfer_is_byte_exact()
    {
        const int Length = 64 * 1024 * 1024;
        ulong hash = 14695981039346656037;
        for (int i = 0; i < Length; i++)
        {
            hash = (hash ^ (byte)((i * 131L) + (i / 257))) * 1099511628211;
        }

        CapturedPipelineResult result = await new ChildPipeline(
            Puppet.Info("flood", Length.ToString(CultureInfo.InvariantCulture)), Puppet.Info("cat"), Puppet.Info("count-stdin")).CaptureAsync();
        Assert.Equal($"{Length} {hash:x16}\n", result.EnsureSuccess().StandardOutput);
    }

    [Fact(Timeout = 120_000)]
    public async Task Random_data_of_the_host_comes_back_through_three_stages()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_000);
        await using RunningPipeline running = await Cats().StartAsync();
        Task writing = Task.Run(async () =>
        {
            await running.StandardInput.WriteAsync(sent);
            await running.StandardInput.CompleteAsync();
        });
        ArrayBufferWriter<byte> received = new(sent.Length);
        ReadResult read;
        do
        {
            read = await running.StandardOutput.ReadAsync();
            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                received.Write(part.Span);
            }

            running.StandardOutput.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
        await writing;
        Assert.Equal(sent, received.WrittenSpan);
        Assert.True((await running.WaitForExitAsync()).IsSuccess);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_host_holds_no_end_of_a_joint_that_two_stages_share()
    {
        await using RunningPipeline running = await Cats().StartAsync();

        // Started means that exec has closed what was to be closed; the kernel lets others look into the program a moment
        // later (begin_new_exec of fs/exec.c). What a byte has passed can be looked into.
        await running.StandardInput.WriteAsync("-"u8.ToArray());
        Assert.Equal(1, (await running.StandardOutput.ReadAsync()).Buffer.Length);
        HashSet<string> joints = [];
        for (int i = 0; i < 2; i++)
        {
            string joint = Link(running.Stages[i].Id, 1);
            Assert.StartsWith("pipe:[", joint, StringComparison.Ordinal);
            Assert.Equal(joint, Link(running.Stages[i + 1].Id, 0));
            Assert.True(joints.Add(joint));
        }

        Assert.DoesNotContain(Directory.GetFileSystemEntries("/proc/self/fd"), f => joints.Contains(new FileInfo(f).LinkTarget ?? ""));
        foreach (IChildProcess stage in running.Stages)
        {
            Assert.Equal(3, Directory.GetFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{stage.Id}/fd")).Length);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_consumer_that_does_not_read_holds_its_producers()
    {
        ChildPipeline pipeline = new(Puppet.Info("flood", "100000000000"), Puppet.Info("cat"), Puppet.Info("pause"));
        await using RunningPipeline running = await pipeline.StartAsync();

        // Two pipes and one buffer of cat are full; then nothing moves any more.
        const long Buffer = 64 * 1024;
        await HeldWriter.BlocksAsync(running.Stages[1].Id);
        await HeldWriter.BlocksAsync(running.Stages[0].Id);
        Assert.InRange(HeldWriter.Written(running.Stages[0].Id), 0, (2 * HeldWriter.PipeSize) + Buffer);
        running.Kill();
        await running.WaitForExitAsync();
        Assert.All(running.Stages, static s => Assert.InRange(s.Exit!.Value.Usage.PeakMemoryBytes, 0, 16 * 1024 * 1024));
    }

    [Fact(Timeout = 60_000)]
    public async Task Standard_error_can_go_into_the_joint()
    {
        ChildProcessStartInfo both = new(Puppet.Seq("print", "out", ",", "eprint", "err")) { StandardError = ChildStdio.ToStandardOutput };
        CapturedPipelineResult result = await new ChildPipeline(both, Puppet.Info("cat")).CaptureAsync();
        Assert.Equal("out\nerr\n", result.StandardOutput);
    }

    private static ChildPipeline Cats() => new(
        new ChildProcessStartInfo(Puppet.Info("cat")) { StandardInput = ChildStdio.Pipe },
        Puppet.Info("cat"),
        new ChildProcessStartInfo(Puppet.Info("cat")) { StandardOutput = ChildStdio.Pipe });

    private static string Link(int pid, int descriptor)
        => new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd/{descriptor}")).LinkTarget ?? "";
}
