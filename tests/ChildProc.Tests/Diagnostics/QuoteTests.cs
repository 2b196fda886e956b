using ChildProc.Diagnostics;

namespace ChildProc.Tests.Diagnostics;

public sealed class QuoteTests
{
    [Theory]
    [InlineData("git", "'git'")]
    [InlineData("", "''")]
    [InlineData("grün", "'grün'")]
    [InlineData("a\nb\tc\u001b", "'a?b?c?'")]
    public void Control_characters_never_reach_a_message(string name, string expected)
    {
        Assert.Equal(expected, Quote.Name(name));
        Assert.Equal(expected[1..^1], Quote.Plain(name));
    }
}
