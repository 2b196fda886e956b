using System.Text;
using ChildProc.Output;

namespace ChildProc.Tests.Output;

public sealed class CaptureBufferTests
{
    [Fact]
    public void All_is_kept_up_to_the_limit()
    {
        CaptureBuffer buffer = new(10);
        buffer.Add("0123"u8);
        buffer.Add("456789"u8);
        Assert.Equal((0, "0123456789"), (buffer.Dropped, buffer.ToText(Encoding.UTF8)));
    }

    [Fact]
    public void Of_more_the_head_and_the_tail_are_kept_and_the_count_of_the_rest()
    {
        CaptureBuffer buffer = new(6);
        buffer.Add("0123456789abcdef"u8);
        Assert.Equal((10, "012\n[10 bytes dropped]\ndef"), (buffer.Dropped, buffer.ToText(Encoding.UTF8)));
    }

    [Fact]
    public void A_limit_of_nothing_keeps_nothing()
    {
        CaptureBuffer buffer = new(0);
        buffer.Add("0123"u8);
        Assert.Equal((4, "\n[4 bytes dropped]\n"), (buffer.Dropped, buffer.ToText(Encoding.UTF8)));
    }

    [Fact]
    public void A_character_that_the_cut_goes_through_is_left_out()
    {
        CaptureBuffer buffer = new(8);
        buffer.Add(Encoding.UTF8.GetBytes("€€€€€€"));
        Assert.Equal("€\n[10 bytes dropped]\n€", buffer.ToText(Encoding.UTF8));
    }

    [Fact]
    public void Any_pieces_give_the_same_head_and_tail()
    {
        Random random = new(3);
        byte[] all = new byte[300_000];
        random.NextBytes(all);
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = (byte)('a' + (all[i] % 26));
        }

        foreach (int limit in (int[])[1, 2, 999, 16 * 1024, 100_001, 299_999, 300_000])
        {
            CaptureBuffer buffer = new(limit);
            for (int at = 0; at < all.Length;)
            {
                int count = Math.Min(random.Next(1, 40_000), all.Length - at);
                buffer.Add(all.AsSpan(at, count));
                at += count;
            }

            int head = limit - (limit / 2), tail = limit / 2;
            string expected = limit >= all.Length
                ? Encoding.ASCII.GetString(all)
                : Encoding.ASCII.GetString(all[..head]) + $"\n[{all.Length - limit} bytes dropped]\n" + Encoding.ASCII.GetString(all[(all.Length - tail)..]);
            Assert.Equal(expected, buffer.ToText(Encoding.ASCII));
        }
    }
}
