using System.Buffers;
using System.Globalization;
using System.Text;

namespace ChildProc.Output;

/// <summary>Keeps what a child writes up to a limit: its head and its tail, and the count of what was dropped between them.</summary>
internal sealed class CaptureBuffer(int limit)
{
    private const int BlockSize = 16 * 1024;
    private readonly int _headLimit = limit - (limit / 2);
    private readonly ArrayBufferWriter<byte> _head = new();
    private readonly Queue<byte[]> _blocks = new(); // the tail, and up to a block more before it
    private byte[] _last = [];
    private int _lastLength;
    private long _tailLength; // of all that came behind the head

    /// <summary>Bytes that were not kept.</summary>
    internal long Dropped => Math.Max(0, _tailLength - TailLimit);

    private int TailLimit => limit - _headLimit;

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        int room = Math.Min(bytes.Length, _headLimit - _head.WrittenCount);
        _head.Write(bytes[..room]);
        bytes = bytes[room..];
        _tailLength += bytes.Length;
        while (!bytes.IsEmpty && TailLimit > 0)
        {
            if (_lastLength == _last.Length)
            {
                AddBlock();
            }

            int count = Math.Min(bytes.Length, _last.Length - _lastLength);
            bytes[..count].CopyTo(_last.AsSpan(_lastLength));
            _lastLength += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Head and tail as text; where something was dropped, a line between them says how much.</summary>
    internal string ToText(Encoding encoding)
    {
        byte[] tail = Tail();
        if (Dropped == 0)
        {
            return encoding.GetString(tail.Length == 0 ? _head.WrittenSpan : [.. _head.WrittenSpan, .. tail]);
        }

        // Characters that the cut goes through are left out, where the encoding lets them be seen.
        Decoder decoder = encoding.GetDecoder();
        char[] head = new char[decoder.GetCharCount(_head.WrittenSpan, flush: false)];
        decoder.GetChars(_head.WrittenSpan, head, flush: false);
        int start = 0;
        while (encoding is UTF8Encoding && start < tail.Length && start < 3 && (tail[start] & 0xC0) == 0x80)
        {
            start++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{new string(head)}\n[{Dropped} bytes dropped]\n{encoding.GetString(tail.AsSpan(start))}");
    }

    private void AddBlock()
    {
        // The oldest is used again as soon as those behind it hold a whole tail.
        _last = (_blocks.Count - 1) * (long)BlockSize >= TailLimit ? _blocks.Dequeue() : new byte[BlockSize];
        _blocks.Enqueue(_last);
        _lastLength = 0;
    }

    private byte[] Tail()
    {
        byte[] tail = new byte[Math.Min(TailLimit, _tailLength)];
        int left = tail.Length, length = _lastLength;
        foreach (byte[] block in _blocks.Reverse())
        {
            int count = Math.Min(left, length);
            block.AsSpan(length - count, count).CopyTo(tail.AsSpan(left - count));
            left -= count;
            length = BlockSize;
        }

        return tail;
    }
}
