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
                Assert.True(buffer[k] == (byte)((i * 131) + (i / 257)), $"byte {i}");
            }
        }

        Assert.Equal(20_000_000, i);
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
