using ChildProc.Start;

namespace ChildProc.Tests.Start;

public sealed class ProgramPathTests
{
    [Theory]
    [InlineData("/usr/bin/git")]
    [InlineData("/a/../b//c")]
    public void An_absolute_name_stays_as_it_is(string name) => Assert.Equal([name], ProgramPath.Candidates(name, "/bin"));

    [Theory]
    [InlineData("./x")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a/")]
    public void A_relative_name_starts_from_the_directory_of_the_host(string name) =>
        Assert.Equal([Environment.CurrentDirectory.TrimEnd('/') + "/" + name], ProgramPath.Candidates(name, "/bin"));

    [Fact]
    public void Entries_are_tried_in_their_order() =>
        Assert.Equal(["/b/git", "/a/git", "/c d/git"], ProgramPath.Candidates("git", "/b:/a:/c d"));

    [Theory]
    [InlineData(":/a")]
    [InlineData("/a:")]
    [InlineData("/a::")]
    [InlineData(":::/a:::")]
    public void Empty_path_entries_are_never_searched(string path) => Assert.Equal(["/a/git"], ProgramPath.Candidates("git", path));

    [Theory]
    [InlineData(".:/a")]
    [InlineData("bin:/a:./bin")]
    [InlineData("~/bin:/a:..")]
    public void Relative_path_entries_are_never_searched(string path) =>
        Assert.Equal(["/a/git"], ProgramPath.Candidates("git", path));

    [Fact]
    public void Every_candidate_is_tried_once() =>
        Assert.Equal(["/a/git", "/b/git"], ProgramPath.Candidates("git", "/a:/b:/a:/a/:/b"));

    [Fact]
    public void A_slash_at_the_end_of_an_entry_is_not_doubled() =>
        Assert.Equal(["/a/git", "/git"], ProgramPath.Candidates("git", "/a//:/"));

    [Fact]
    public void Without_a_PATH_the_usual_folders_are_searched() =>
        Assert.Equal(["/usr/local/bin/git", "/usr/bin/git", "/bin/git"], ProgramPath.Candidates("git", childPath: null));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("::")]
    public void A_PATH_without_an_absolute_entry_finds_nothing(string path) => Assert.Empty(ProgramPath.Candidates("git", path));
}
