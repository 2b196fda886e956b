using System.Text;

namespace ChildProc.Tool.Model;

/// <summary>
/// The lines of an evidence file, as a stream: whatever the file is, no more than one line of <see cref="Longest"/>
/// characters is in memory. Bytes are taken for characters one by one, so that none is lost.
/// </summary>
internal sealed class BoundedLines(Stream stream) : IDisposable
{
    internal const int Longest = 1 << 20;

    private readonly StreamReader _reader = new(stream, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16);
    private readonly char[] _buffer = new char[1 << 16];
    private readonly StringBuilder _partial = new();
    private int _at;
    private int _end;

    /// <summary>Of the line that was read last; the first is 1.</summary>
    internal long Number { get; private set; }

    /// <summary>Lines that were too long, and left out.</summary>
    internal long Dropped { get; private set; }

    /// <summary>The last line has no end: what wrote the file was cut off.</summary>
    internal bool EndsWithinLine { get; private set; }

    /// <summary>The next line without its end; nothing at the end of the file. A line that is too long comes as an empty one.</summary>
    internal string? Next()
    {
        bool tooLong = false;
        _partial.Clear();
        while (true)
        {
            if (_at == _end)
            {
                _at = 0;
                _end = _reader.Read(_buffer, 0, _buffer.Length);
                if (_end == 0)
                {
                    if (_partial.Length == 0 && !tooLong)
                        return null;
                    EndsWithinLine = true;
                    return Finish(tooLong);
                }
            }

            ReadOnlySpan<char> rest = _buffer.AsSpan(_at, _end - _at);
            int lineEnd = rest.IndexOf('\n');
            ReadOnlySpan<char> piece = lineEnd < 0 ? rest : rest[..lineEnd];
            _at += lineEnd < 0 ? rest.Length : lineEnd + 1;
            if (lineEnd >= 0 && _partial.Length == 0 && !tooLong)
            {
                Number++;
                return new string(piece);
            }

            tooLong |= _partial.Length + piece.Length > Longest;
            if (!tooLong)
                _partial.Append(piece);
            if (lineEnd >= 0)
                return Finish(tooLong);
        }
    }

    private string Finish(bool tooLong)
    {
        Number++;
        if (tooLong)
            Dropped++;
        return tooLong ? "" : _partial.ToString();
    }

    public void Dispose() => _reader.Dispose();
}
