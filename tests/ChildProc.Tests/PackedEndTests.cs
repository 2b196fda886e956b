namespace ChildProc.Tests;

public sealed class PackedEndTests
{
    [Fact]
    public void Every_end_of_a_child_comes_out_as_it_went_in()
    {
        List<ExitStatus?> ends = [null, ExitStatus.Unknown];
        ends.AddRange(Enumerable.Range(0, 256).Select(static code => (ExitStatus?)ExitStatus.FromCode(code)));
        foreach (int number in Enumerable.Range(1, 64))
        {
            ends.Add(ExitStatus.FromSignal(ChildSignal.FromNumber(number)));
            ends.Add(ExitStatus.FromSignal(ChildSignal.FromNumber(number), core: true));
        }

        foreach (ExitStatus? end in ends)
        {
            foreach (int id in (int[])[1, 12345, (1 << 22) - 1])
            {
                Assert.True(PackedEnd.TryPack(id, DateTimeOffset.UtcNow, end, out PackedEnd packed));
                Assert.Equal((id, end), (packed.Id, packed.Exit));
            }
        }
    }

    [Fact]
    public void The_start_comes_out_to_the_millisecond()
    {
        foreach (double seconds in (double[])[-1800, 0, 1, 86400 * 40])
        {
            DateTimeOffset started = DateTimeOffset.UtcNow.AddSeconds(seconds);
            Assert.True(PackedEnd.TryPack(5, started, null, out PackedEnd packed));
            Assert.InRange(started - packed.StartTime, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public void A_version_is_no_end_and_every_end_is_one()
    {
        foreach (int version in (int[])[0, 1, int.MaxValue, int.MinValue, -1])
        {
            Assert.Equal((false, version), (PackedEnd.OfTree(version).IsOver, PackedEnd.OfTree(version).Version));
        }

        Assert.True(PackedEnd.TryPack(1, DateTimeOffset.UtcNow, ExitStatus.FromCode(0), out PackedEnd least));
        Assert.True(least.IsOver);
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_not_bent()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        Assert.False(PackedEnd.TryPack(1 << 22, now, null, out _));
        Assert.False(PackedEnd.TryPack(0, now, null, out _));
        Assert.False(PackedEnd.TryPack(5, now, ExitStatus.FromCode(256), out _));
        Assert.False(PackedEnd.TryPack(5, now, ExitStatus.FromCode(-1), out _));
        Assert.False(PackedEnd.TryPack(5, now.AddDays(-1), null, out _));
        Assert.False(PackedEnd.TryPack(5, now.AddDays(50), null, out _));
    }
}
