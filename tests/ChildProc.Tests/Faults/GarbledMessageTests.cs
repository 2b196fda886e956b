using System.Runtime.InteropServices;
using ChildProc.Engines.Supervised;

namespace ChildProc.Tests.Faults;

/// <summary>
/// Messages that are cut short or garbled, as the host's parser takes them. The other side's parser goes through the same in
/// src/ChildProc.Guardian/tests/request_test.c, under the sanitizers.
/// </summary>
public sealed class GarbledMessageTests
{
    private static readonly byte[][] s_frames =
    [
        Bytes(new Wire.Claimed { Frame = new(Wire.FrameType.Claimed, Marshal.SizeOf<Wire.Claimed>()) }),
        Bytes(new Wire.Started { Frame = new(Wire.FrameType.Started, Marshal.SizeOf<Wire.Started>()) }),
        Bytes(new Wire.Failed { Frame = new(Wire.FrameType.Failed, Marshal.SizeOf<Wire.Failed>()) }),
        Bytes(new Wire.Exited { Frame = new(Wire.FrameType.Exited, Marshal.SizeOf<Wire.Exited>()) }),
        Bytes(new Wire.Frame(Wire.FrameType.TreeEmpty, 8)),
    ];

    [Fact]
    public void Whole_messages_come_apart_as_they_were_put_together()
        => Assert.Equal([Wire.FrameType.Claimed, Wire.FrameType.Started, Wire.FrameType.Failed, Wire.FrameType.Exited, Wire.FrameType.TreeEmpty], Parse([.. s_frames.SelectMany(static f => f)]));

    [Fact]
    public void A_message_that_is_cut_yields_the_frames_that_are_whole()
    {
        byte[] whole = [.. s_frames.SelectMany(static f => f)];
        int[] ends = [.. s_frames.Select((_, i) => s_frames.Take(i + 1).Sum(static f => f.Length))];
        for (int length = 0; length <= whole.Length; length++)
        {
            Assert.Equal(ends.Count(end => end <= length), Parse(whole[..length]).Count);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Garbled_messages_end_and_yield_nothing_beyond_themselves(int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] message = [.. Enumerable.Range(0, random.Next(6)).SelectMany(_ => s_frames[random.Next(s_frames.Length)])];
            for (int change = random.Next(8); change > 0 && message.Length > 0; change--)
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
            }

            Parse(message[..random.Next(message.Length + 1)]);
        }
    }

    // Bounded: every frame that is taken has at least a header's length.
    private static List<Wire.FrameType> Parse(byte[] message)
    {
        List<Wire.FrameType> types = [];
        ReadOnlySpan<byte> rest = message;
        int taken = 0;
        while (Wire.TryNext(ref rest, out Wire.FrameType type, out ReadOnlySpan<byte> frame))
        {
            taken += frame.Length;
            Assert.True(frame.Length >= 8 && taken + rest.Length == message.Length);
            if (frame.Length < Marshal.SizeOf<Wire.Exited>())
            {
                Assert.False(Wire.TryRead(frame, out Wire.Exited _)); // never a read past the frame
            }

            types.Add(type);
        }

        return types;
    }

    private static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
