using System.Text.RegularExpressions;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Docs;

/// <summary>What a document shows is what samples/Recipes compiles and runs: the same text, up to indentation.</summary>
public sealed partial class RecipesTests
{
    private static readonly string s_repository = Puppet.Metadata("RepositoryPath");

    public static TheoryData<string> Documents => ["README.md", "docs/streams.md", "docs/pipelines.md", "docs/terminals.md", "docs/testing.md", "docs/telemetry.md"];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Documents))]
    public async Task Every_block_of_a_document_is_a_recipe(string document)
    {
        List<string> blocks = await BlocksAsync(document);
        Dictionary<string, string> recipes = await RecipesAsync();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(block, recipes.Values));
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_recipe_is_in_a_document()
    {
        HashSet<string> blocks = [];
        foreach (TheoryDataRow<string> document in Documents)
        {
            blocks.UnionWith(await BlocksAsync(document.Data));
        }

        Assert.All(await RecipesAsync(), recipe => Assert.True(blocks.Contains(recipe.Value), $"No document shows {recipe.Key}."));
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_recipe_ends_where_its_name_says()
    {
        foreach (string file in Sources())
        {
            string text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            Assert.Equal(Mark().Count(text), 2 * Recipe().Count(text));
        }
    }

    private static async Task<List<string>> BlocksAsync(string document)
    {
        string text = await File.ReadAllTextAsync(Path.Combine(s_repository, document), TestContext.Current.CancellationToken);
        return [.. Block().Matches(text).Select(static match => Unindented(match.Groups["text"].Value))];
    }

    // The parts of a name that occurs more than once are joined by an empty line: a using directive cannot stand in a method.
    private static async Task<Dictionary<string, string>> RecipesAsync()
    {
        Dictionary<string, string> recipes = new(StringComparer.Ordinal);
        foreach (string file in Sources())
        {
            foreach (Match match in Recipe().Matches(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)))
            {
                string name = match.Groups["name"].Value, part = Unindented(match.Groups["text"].Value);
                recipes[name] = recipes.TryGetValue(name, out string? before) ? $"{before}\n{part}" : part;
            }
        }

        Assert.NotEmpty(recipes);
        return recipes;
    }

    private static string[] Sources() => Directory.GetFiles(Path.Combine(s_repository, "samples", "Recipes"), "*.cs");

    private static string Unindented(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        int indent = lines.Where(static line => line.Length > 0).Min(static line => line.Length - line.TrimStart(' ').Length);
        return string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[indent..]));
    }

    [GeneratedRegex(@"^ *```(csharp|cs|c#)\r?\n(?<text>.*?)^ *```\r?$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Block();

    [GeneratedRegex(@"^ *// <(?<name>[\w-]+)>\r?\n(?<text>.*?)^ *// </\k<name>>\r?$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Recipe();

    [GeneratedRegex(@"^ *// </?[\w-]+>\r?$", RegexOptions.Multiline)]
    private static partial Regex Mark();
}
