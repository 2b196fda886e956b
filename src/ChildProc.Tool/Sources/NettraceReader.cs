using System.Buffers.Binary;
using System.Text;
using ChildProc.Tool.Audit;

namespace ChildProc.Tool.Sources;

/// <summary>
/// Reads a .nettrace file (framing <c>!FastSerialization.1</c>, format 4, as .NET 10 writes it; the rules are those of
/// NetTraceFormat_v5.md in microsoft/perfview). Its times are CLOCK_MONOTONIC on Linux. A file that was cut off gives what is
/// in it, and says so: it has no end-of-stream mark.
/// </summary>
internal sealed class NettraceReader
{
    private const int MostEvents = 200_000, LargestBlock = 64 << 20, LargestPayload = 64 << 10;

    private readonly Dictionary<int, (string Provider, int Id, string Name)> _metadata = [];
    private readonly Dictionary<long, uint> _sequences = [];
    private long _position;
    private int _processId;

    internal List<AppEvent> Events { get; } = [];

    internal List<string> Gaps { get; } = [];

    internal bool ReachedEnd { get; private set; }

    internal long Lost { get; private set; }

    internal void Read(Stream stream)
    {
        try
        {
            ReadFile(stream);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            Gaps.Add(e is EndOfStreamException ? "the trace ends without its end mark: the program was killed, or runs still" : $"no valid trace: {e.Message}");
        }

        if (Lost > 0)
            Gaps.Add($"the runtime dropped {Lost} events");
    }

    private void ReadFile(Stream stream)
    {
        if (Text(stream, 8) != "Nettrace")
            throw new InvalidDataException("it does not begin with 'Nettrace'");
        if (Int32(stream) != 20 || Text(stream, 20) != "!FastSerialization.1")
            throw new InvalidDataException("its framing is not that of format 4");
        while (true)
        {
            int tag = Byte(stream);
            if (tag == 1)
            {
                ReachedEnd = true;
                return;
            }

            if (tag != 5 || Byte(stream) != 5 || Byte(stream) != 1)
                throw new InvalidDataException($"an object is expected at byte {_position}");
            Skip(stream, 8);
            int length = Int32(stream);
            if (length is < 1 or > 64)
                throw new InvalidDataException("an object without a name");
            string type = Text(stream, length);
            if (Byte(stream) != 6)
                throw new InvalidDataException("an object's type has no end");
            if (type == "Trace")
                ReadTrace(stream);
            else
                ReadBlock(stream, type);
            if (Byte(stream) != 6)
                throw new InvalidDataException($"object {type} has no end");
        }
    }

    private void ReadTrace(Stream stream)
    {
        Skip(stream, 16 + 8);
        if (Int64(stream) != 1_000_000_000)
            Gaps.Add("the trace does not count nanoseconds: its times cannot be compared");
        Skip(stream, 4);
        _processId = Int32(stream);
        Skip(stream, 8);
    }

    private void ReadBlock(Stream stream, string type)
    {
        int size = Int32(stream);
        if (size is < 0 or > LargestBlock)
            throw new InvalidDataException($"a block of {size} bytes");
        Skip(stream, (int)((4 - _position % 4) % 4));
        byte[] block = new byte[size];
        stream.ReadExactly(block);
        _position += size;
        if (type is "EventBlock" or "MetadataBlock")
            ReadEvents(block, type == "MetadataBlock");
        else if (type == "SPBlock")
            ReadSequencePoint(block);
    }

    private void ReadSequencePoint(ReadOnlySpan<byte> block)
    {
        Cursor cursor = new(block);
        cursor.Skip(8);
        for (int threads = cursor.Int32(); threads > 0; threads--)
            Check(cursor.Int64(), (uint)cursor.Int32(), expected: 0);
        _sequences.Clear();
    }

    /// <summary>Every event of a thread has the next number; a jump is a loss.</summary>
    private void Check(long thread, uint sequence, uint expected)
    {
        if (_sequences.TryGetValue(thread, out uint last))
        {
            uint jump = sequence - last - expected;
            if (jump < int.MaxValue)
                Lost += jump;
        }

        _sequences[thread] = sequence;
    }

    private void ReadEvents(ReadOnlySpan<byte> block, bool isMetadata)
    {
        Cursor cursor = new(block);
        int header = cursor.Int16();
        bool compressed = (cursor.Int16() & 1) != 0;
        cursor.Skip(header - 4);
        int metadataId = 0, payload = 0;
        uint sequence = 0;
        long captureThread = 0, thread = 0, time = 0;
        while (!cursor.AtEnd)
        {
            if (compressed)
            {
                byte flags = cursor.Byte();
                if ((flags & 1) != 0)
                    metadataId = (int)cursor.Variable();
                if ((flags & 2) != 0)
                {
                    sequence += (uint)cursor.Variable();
                    captureThread = (long)cursor.Variable();
                    cursor.Variable();
                }

                if (metadataId != 0)
                    sequence++;
                if ((flags & 4) != 0)
                    thread = (long)cursor.Variable();
                if ((flags & 8) != 0)
                    cursor.Variable();
                time += (long)cursor.Variable();
                cursor.Skip(((flags & 16) != 0 ? 16 : 0) + ((flags & 32) != 0 ? 16 : 0));
                if ((flags & 128) != 0)
                    payload = (int)cursor.Variable();
            }
            else
            {
                cursor.Skip(4);
                metadataId = cursor.Int32() & int.MaxValue;
                sequence = (uint)cursor.Int32();
                thread = cursor.Int64();
                captureThread = cursor.Int64();
                cursor.Skip(8);
                time = cursor.Int64();
                cursor.Skip(32);
                payload = cursor.Int32();
            }

            ReadOnlySpan<byte> data = cursor.Take(payload);
            if (!compressed)
                cursor.Align();
            if (isMetadata)
                ReadMetadata(data);
            else
                AddEvent(metadataId, captureThread, thread, time, sequence, data);
        }
    }

    private void AddEvent(int metadataId, long captureThread, long thread, long time, uint sequence, ReadOnlySpan<byte> payload)
    {
        Check(captureThread, sequence, expected: 1);
        if (!_metadata.TryGetValue(metadataId, out (string Provider, int Id, string Name) metadata))
            throw new InvalidDataException($"an event of an unknown kind, {metadataId}");
        if (Events.Count < MostEvents)
            Events.Add(new(time, _processId, thread, metadata.Provider, metadata.Id, metadata.Name) { Library = ReadLibraryEvent(metadata, payload) });
        else if (Events.Count == MostEvents && Gaps.Count == 0)
            Gaps.Add($"more than {MostEvents} events: the rest is left out");
    }

    /// <summary>Of the library's own events, which hold 64-bit numbers and at most one string, at their end; null for all others.</summary>
    private static LibraryEvent? ReadLibraryEvent((string Provider, int Id, string Name) metadata, ReadOnlySpan<byte> payload)
    {
        if (metadata.Provider != LibraryEvent.Provider || payload.Length > LargestPayload || LibraryEvent.Shape(metadata.Id) is not { } shape || payload.Length < shape.Numbers * sizeof(long))
            return null;
        Cursor cursor = new(payload);
        long[] numbers = new long[shape.Numbers];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = cursor.Int64();
        return new(metadata.Id, numbers, shape.HasText ? cursor.Utf16() : "");
    }

    private void ReadMetadata(ReadOnlySpan<byte> data)
    {
        Cursor cursor = new(data);
        int id = cursor.Int32();
        string provider = cursor.Utf16();
        int eventId = cursor.Int32();
        _metadata[id] = (provider, eventId, cursor.Utf16());
    }

    private int Byte(Stream stream)
    {
        Span<byte> one = stackalloc byte[1];
        stream.ReadExactly(one);
        _position++;
        return one[0];
    }

    private int Int32(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[4];
        stream.ReadExactly(bytes);
        _position += 4;
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    private long Int64(Stream stream) => (uint)Int32(stream) | ((long)Int32(stream) << 32);

    private string Text(Stream stream, int length)
    {
        Span<byte> bytes = stackalloc byte[64];
        stream.ReadExactly(bytes[..length]);
        _position += length;
        return Encoding.ASCII.GetString(bytes[..length]);
    }

    private void Skip(Stream stream, int count)
    {
        for (int i = 0; i < count; i++)
            Byte(stream);
    }

    /// <summary>Reads a block; what does not fit in it is no valid trace.</summary>
    private ref struct Cursor(ReadOnlySpan<byte> block)
    {
        private readonly ReadOnlySpan<byte> _block = block;
        private int _at;

        internal readonly bool AtEnd => _at >= _block.Length;

        internal ReadOnlySpan<byte> Take(int count)
        {
            if (count < 0 || count > _block.Length - _at)
                throw new InvalidDataException("a block ends within an event");
            ReadOnlySpan<byte> taken = _block.Slice(_at, count);
            _at += count;
            return taken;
        }

        internal void Skip(int count) => Take(count);

        internal void Align() => _at = Math.Min(_block.Length, (_at + 3) & ~3);

        internal byte Byte() => Take(1)[0];

        internal short Int16() => BinaryPrimitives.ReadInt16LittleEndian(Take(2));

        internal int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

        internal long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

        internal ulong Variable()
        {
            ulong value = 0;
            for (int shift = 0; shift < 70; shift += 7)
            {
                byte b = Byte();
                value |= (ulong)(b & 0x7f) << shift;
                if ((b & 0x80) == 0)
                    return value;
            }

            throw new InvalidDataException("a number without an end");
        }

        internal string Utf16()
        {
            StringBuilder text = new();
            while (Int16() is var c and not 0)
                text.Append((char)c);
            return text.ToString();
        }
    }
}
