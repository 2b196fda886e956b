using System.Text;

namespace ChildProc.Output;

/// <summary>Turns the bytes of one stream into lines, however they are cut: inside a character, or between CR and LF.</summary>
/// <remarks>
/// Feed bytes, then take lines until there are none: <c>Feed(bytes); while (TryNext(out line)) …</c>. At the end of the
/// stream <see cref="Finish"/> gives the rest. A line ends with LF, CR or CRLF. Not thread-safe.
/// </remarks>
internal sealed class LineSplitter
{
    private const int DecodedAtOnce = 4096;
    private readonly Decoder _decoder;
    private readonly int _limit;
    private readonly StringBuilder _line = new();
    private char[]? _chars; // made when the first byte comes: an idle child costs nothing
    private ReadOnlyMemory<byte> _bytes;
    private int _at, _end;
    private bool _afterCr, _mayBeMark;

    /// <param name="encoding">How the bytes are to be read; what is invalid becomes what its decoder puts in its place.</param>
    /// <param name="limit">The longest line in UTF-16 characters; a longer one comes in pieces.</param>
    internal LineSplitter(Encoding encoding, int limit)
    {
        _decoder = encoding.GetDecoder();
        _limit = limit;
        _mayBeMark = encoding.Preamble.Length > 0;
    }

    /// <summary>The bytes must stay as they are until <see cref="TryNext"/> has said that there is no more.</summary>
    internal void Feed(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>The next line without its end. <paramref name="isPartial"/>: it was too long, and goes on in the next.</summary>
    internal bool TryNext(out string line, out bool isPartial)
    {
        while (_at < _end || Decode(flush: false))
        {
            if (Take(out line, out isPartial))
            {
                return true;
            }
        }

        line = "";
        return isPartial = false;
    }

    /// <summary>The end of the stream: a last line without an end, if there is one. Call it until it says no.</summary>
    internal bool Finish(out string line, out bool isPartial)
    {
        _bytes = default;
        while (_at < _end || Decode(flush: true)) // half a character at the end is an invalid one
        {
            if (Take(out line, out isPartial))
            {
                return true;
            }
        }

        isPartial = false;
        line = _line.ToString();
        _line.Clear();
        return line.Length > 0;
    }

    private bool Decode(bool flush)
    {
        if (_bytes.IsEmpty && !flush)
        {
            return false;
        }

        _chars ??= new char[DecodedAtOnce];
        _decoder.Convert(_bytes.Span, _chars, flush, out int used, out _end, out _);
        _bytes = _bytes[used..];
        _at = 0;
        if (_mayBeMark && _end > 0)
        {
            _mayBeMark = false;
            _at = _chars[0] == '\uFEFF' ? 1 : 0;
        }

        return _end > 0 || used > 0;
    }

    // From the decoded characters up to the next line end, or all of them.
    private bool Take(out string line, out bool isPartial)
    {
        isPartial = false;
        line = "";
        if (_afterCr && _at < _end)
        {
            _afterCr = false;
            _at += _chars![_at] == '\n' ? 1 : 0;
        }

        ReadOnlySpan<char> rest = _chars.AsSpan(_at, _end - _at);
        int length = rest.IndexOfAny('\r', '\n');
        bool ends = length >= 0;
        length = ends ? length : rest.Length;
        if (_line.Length + length > _limit)
        {
            int room = _limit - _line.Length;
            room -= room > 0 && char.IsHighSurrogate(rest[room - 1]) && _line.Length + room > 1 ? 1 : 0; // both halves in one piece
            line = Complete(rest[..room]);
            _at += room;
            return isPartial = true;
        }

        _at += length;
        if (!ends)
        {
            _line.Append(rest);
            return false;
        }

        _afterCr = _chars![_at] == '\r';
        _at++;
        line = Complete(rest[..length]);
        return true;
    }

    private string Complete(ReadOnlySpan<char> last)
    {
        if (_line.Length == 0)
        {
            return last.ToString();
        }

        string line = _line.Append(last).ToString();
        _line.Clear();
        return line;
    }
}
