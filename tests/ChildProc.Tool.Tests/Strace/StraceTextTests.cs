using ChildProc.Tool.Strace;

namespace ChildProc.Tool.Tests.Strace;

public class StraceTextTests
{
    [Theory]
    [InlineData("\"<unfinished ...>\", \")= 3\") = 0", 26)]
    [InlineData("AT_FDCWD</a ) = 3 [y>, \"x\") = 3", 26)]
    [InlineData("3<UNIX-STREAM:[1->2,\"/a]>b\"]>, {a=[1, 2]}) = 0", 41)]
    [InlineData("-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 5", 52)]
    [InlineData("0</dev/null<char 1:3>>) = 0", 22)]
    [InlineData("1<<CAP_CHOWN|1<<CAP_KILL) = 0", 24)]
    [InlineData("/* 43 vars ) */) = 0", 15)]
    public void Arguments_end_at_their_own_parenthesis(string text, int end) => Assert.Equal(end, StraceText.EndOfArguments(text, 0));

    [Theory]
    [InlineData("\"no end", -1)]
    [InlineData("3</path", -1)]
    [InlineData("}", -1)]
    [InlineData("1, {a", -2)]
    public void What_has_no_end_is_told(string text, int end) => Assert.Equal(end, StraceText.EndOfArguments(text, 0));

    [Theory]
    [InlineData("\"a\\nb\\33[31m\\\"\\\\\"", "a\nb\e[31m\"\\")]
    [InlineData("\"cut\"...", "cut…")]
    [InlineData("\"\\x41\\0001\"", "A\u00001")]
    [InlineData("NULL", "NULL")]
    public void Escapes_of_strings_are_undone(string quoted, string plain) => Assert.Equal(plain, StraceText.Unquote(quoted));

    [Fact]
    public void Commas_within_strings_structures_and_descriptors_do_not_separate() =>
        Assert.Equal(["3</a, b>", "\"x, y\"", "{p=1, q=[2, 3]}", "0"], StraceText.Split("3</a, b>, \"x, y\", {p=1, q=[2, 3]}, 0"));

    [Theory]
    [InlineData("3<pipe:[81371]>", 3, "pipe:[81371]", null)]
    [InlineData("-1 ENOENT (No such file or directory)", -1, null, "ENOENT")]
    [InlineData("0x7f", 127, null, null)]
    [InlineData("0 (Timeout)", 0, null, null)]
    public void Results_are_numbers_with_what_follows(string text, long number, string? annotation, string? error) =>
        Assert.Equal(new StraceValue(number, annotation, error), StraceValue.Parse(text));

    [Theory]
    [InlineData("?")]
    [InlineData("? ERESTARTSYS (To be restarted if SA_RESTART is set)")]
    public void A_question_mark_is_no_result(string text) => Assert.False(StraceValue.Parse(text).IsKnown);
}
