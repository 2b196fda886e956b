using ChildProc.Engines.Supervised;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Docs;

/// <summary>The table of docs/lifecycle.md is the one that debug builds follow.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public void The_document_and_the_model_say_the_same()
    {
        IEnumerable<string> written = File.ReadLines(Path.Combine(Puppet.Metadata("RepositoryPath"), "docs", "lifecycle.md"))
            .SkipWhile(static l => !l.StartsWith("| state | news", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(static l => l.StartsWith('|'));
        IEnumerable<string> modelled =
            from state in Enum.GetValues<TreeModel.State>()
            from news in Enum.GetValues<TreeModel.News>()
            where TreeModel.Next(state, news) is not null
            select $"| {state} | {news} | {TreeModel.Next(state, news)} |";
        Assert.Equal(modelled, written);
    }

    [Fact]
    public void Every_state_but_the_first_is_reached_and_none_is_left_for_an_earlier_one()
    {
        HashSet<TreeModel.State> reached = [TreeModel.State.Requested];
        foreach (TreeModel.State state in Enum.GetValues<TreeModel.State>())
        {
            foreach (TreeModel.News news in Enum.GetValues<TreeModel.News>())
            {
                if (TreeModel.Next(state, news) is { } next)
                {
                    Assert.True(next >= state, $"{state} to {next}");
                    reached.Add(next);
                }
            }
        }

        Assert.Equal(Enum.GetValues<TreeModel.State>().Length, reached.Count);
    }
}
