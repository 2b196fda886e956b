using ChildProc.Interop;
using ChildProc.Pipes;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipes;

public sealed class PipeGrowthTests
{
    private const int GetSize = 1032; // F_GETPIPE_SZ

    [Fact]
    public void Few_pipes_grow_at_once_and_make_room_for_others_when_they_end()
    {
        List<int> grown = [], open = [];
        try
        {
            int descriptor = Open(open), size = Libc.fcntl(descriptor, GetSize, 0);
            while (PipeGrowth.TryGrow(descriptor))
            {
                Assert.Equal(256 * 1024, Libc.fcntl(descriptor, GetSize, 0));
                grown.Add(descriptor);
                descriptor = Open(open);
                size = Libc.fcntl(descriptor, GetSize, 0);
            }

            Assert.InRange(grown.Count, size == 64 * 1024 ? 1 : 0, 32); // other tests may have some, or all that the user may have
            Assert.Equal(size, Libc.fcntl(descriptor, GetSize, 0));
        }
        finally
        {
            grown.ForEach(static _ => PipeGrowth.Release());
            open.ForEach(static descriptor => Libc.close(descriptor));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_comes_through_a_pipe_that_grows_is_whole()
    {
        await using IChildProcess child = await ChildProcess.StartAsync(Puppet.Info("flood", "20000000").Piped());
        using Stream output = child.StandardOutput.AsStream();
        byte[] buffer = new byte[100_000];
        long i = 0;
        int count;
        while ((count = await output.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
        {
            for (int k = 0; k < count; k++, i++)
            {
                if (buffer[k] != (byte)((i * 131) + (i / 257)))
                {
                    Assert.Fail($"byte {i}");
                }
            }
        }

        Assert.Equal(20_000_000, i);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_pipe_that_grew_holds_is_delivered_when_it_is_cut()
    {
        const int Length = 8_000_000, Last = 8_000; // what the smallest of pipes takes, so that the child can end
        await using IChildProcessHost host = TestHost.Create(out TestLog log);
        ChildProcessStartInfo info = new(Puppet.Seq("hold-stdout", "0", ",", "flood", $"{Length}").Piped()) { DrainTimeout = TimeSpan.FromMilliseconds(50) };
        await using IChildProcess child = await host.StartAsync(info, TestContext.Current.CancellationToken);
        using Stream output = child.StandardOutput.AsStream();
        byte[] buffer = new byte[1_000];
        long length = await ReadAsync(Length - Last);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => log.Entries.Any(static e => e.Id.Id == 9), "it is cut");
        Assert.Equal(Length, length + await ReadAsync(long.MaxValue));
        Assert.True(child.OutputIncomplete);

        async Task<long> ReadAsync(long enough)
        {
            long total = 0;
            int count;
            while (total < enough && (count = await output.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
            {
                total += count;
            }

            return total;
        }
    }

    [Fact]
    public async Task A_relay_reads_as_its_pipe_would()
    {
        List<int> open = [];
        int source = Open(open);
        Assert.NotEqual(-1, Libc.fcntl(source, Libc.F_SETFL, Libc.O_NONBLOCK));
        using PipeRelay relay = PipeRelay.TryCreate(4096)!; // more may be refused: the pipes of other tests count, too
        byte[] buffer = new byte[100];
        Assert.Equal(PipeEnd.NotNow, relay.Read(source, buffer));
        Write("first, second"u8);
        Assert.Equal("first"u8, buffer.AsSpan(0, relay.Read(source, buffer.AsSpan(0, 5))));
        Assert.Equal(8, relay.Held);
        Write("third"u8);
        Assert.Equal(", second"u8, buffer.AsSpan(0, relay.Read(source, buffer)));
        Assert.Equal("third"u8, buffer.AsSpan(0, relay.Read(source, buffer)));
        Assert.Equal((PipeEnd.NotNow, 0), (relay.Read(source, buffer), relay.Held));
        Write("last"u8);
        Assert.Equal(0, Libc.close(open[1]));
        Assert.Equal("last"u8, buffer.AsSpan(0, relay.Read(source, buffer)));
        await Eventually.HoldsAsync(() => relay.Read(source, buffer) == 0, "its end is read"); // a fork in this moment has a copy
        Assert.Equal(0, Libc.close(source));

        void Write(ReadOnlySpan<byte> bytes) => Assert.Equal(0, SealedMemory.Write(open[1], bytes));
    }

    private static unsafe int Open(List<int> open)
    {
        int* pair = stackalloc int[2];
        Assert.Equal(0, Libc.pipe2(pair, Libc.O_CLOEXEC));
        open.Add(pair[0]);
        open.Add(pair[1]);
        return pair[0];
    }
}
