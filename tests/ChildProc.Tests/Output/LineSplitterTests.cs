using System.Text;
using ChildProc.Output;

namespace ChildProc.Tests.Output;

public sealed class LineSplitterTests
{
    [Theory]
    [InlineData("a\nb\r\nc\rd", "a|b|c|d")]
    [InlineData("\n\r\r\n\n", "|||")]
    [InlineData("one\r", "one")]
    [InlineData("", "")]
    [InlineData("x\n", "x")]
    [InlineData("grün \U0001F600\nend", "grün \U0001F600|end")]
    public void Lines_are_the_same_wherever_the_bytes_are_cut(string text, string expected)
    {
        string[] lines = expected.Length == 0 && text.Length == 0 ? [] : expected.Split('|');
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int size = 1; size <= bytes.Length + 1; size++)
        {
            Assert.Equal(lines, Split(bytes, size, Encoding.UTF8, 1000).ConvertAll(static l => l.Text));
        }
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-32")]
    [InlineData("utf-16BE")]
    public void Wide_encodings_lose_their_mark_and_nothing_else(string name)
    {
        Encoding encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes("eins\r\nzwei\uFEFF\n")];
        for (int size = 1; size < 9; size++)
        {
            Assert.Equal(["eins", "zwei\uFEFF"], Split(bytes, size, encoding, 1000).ConvertAll(static l => l.Text));
        }
    }

    [Fact]
    public void Invalid_and_unfinished_bytes_become_replacement_characters()
    {
        List<(string Text, bool IsPartial)> lines = Split([.. "a"u8, 0xFF, .. "b\n"u8, 0xE2, 0x82], 1, Encoding.UTF8, 1000);
        Assert.Equal(["a\uFFFDb", "\uFFFD"], lines.ConvertAll(static l => l.Text));
    }

    [Fact]
    public void A_line_over_the_limit_comes_in_pieces_that_say_so()
    {
        List<(string Text, bool IsPartial)> lines = Split(Encoding.UTF8.GetBytes("abcdefgh\nij\nklm"), 3, Encoding.UTF8, 3);
        Assert.Equal([("abc", true), ("def", true), ("gh", false), ("ij", false), ("klm", false)], lines);
    }

    [Fact]
    public void A_piece_never_ends_between_the_halves_of_a_character()
    {
        string text = "ab\U0001F600\U0001F600c\n";
        foreach ((string piece, _) in Split(Encoding.UTF8.GetBytes(text), 2, Encoding.UTF8, 3))
        {
            Assert.DoesNotContain('\uFFFD', piece);
            Assert.False(char.IsHighSurrogate(piece[^1]), piece);
        }
    }

    [Fact]
    public void A_limit_of_one_still_gets_on()
        => Assert.Equal("a\U0001F600b", string.Concat(Split(Encoding.UTF8.GetBytes("a\U0001F600b"), 1, Encoding.UTF8, 1).ConvertAll(static l => l.Text)));

    [Fact]
    public void Random_texts_split_as_the_runtime_splits_them()
    {
        Random random = new(7);
        for (int round = 0; round < 500; round++)
        {
            char[] alphabet = ['a', 'ß', '€', '\n', '\r', '\n'];
            string text = new([.. Enumerable.Range(0, random.Next(0, 60)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            List<string> expected = [];
            using StringReader reader = new(text);
            while (reader.ReadLine() is { } line)
            {
                expected.Add(line);
            }

            Assert.Equal(expected, Split(Encoding.UTF8.GetBytes(text), random.Next(1, 9), Encoding.UTF8, 1000).ConvertAll(static l => l.Text));
        }
    }

    private static List<(string Text, bool IsPartial)> Split(byte[] bytes, int size, Encoding encoding, int limit)
    {
        LineSplitter splitter = new(encoding, limit);
        List<(string, bool)> lines = [];
        foreach (byte[] part in bytes.Chunk(size))
        {
            splitter.Feed(part);
            while (splitter.TryNext(out string line, out bool isPartial))
            {
                lines.Add((line, isPartial));
            }
        }

        while (splitter.Finish(out string line, out bool isPartial))
        {
            lines.Add((line, isPartial));
        }

        return lines;
    }
}
