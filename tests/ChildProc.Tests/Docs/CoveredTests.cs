using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Docs;

/// <summary>docs/traps-covered.md and docs/scenarios-covered.md name what is there.</summary>
public sealed partial class CoveredTests
{
    [Fact]
    public void Every_trap_has_one_row_in_order()
    {
        List<int> numbers = [];
        foreach (string row in Rows("traps-covered.md").Where(static row => char.IsDigit(row[2])))
        {
            int[] range = [.. Number().Matches(row.Split(' ', 3)[1]).Select(static m => int.Parse(m.Value, CultureInfo.InvariantCulture))];
            numbers.AddRange(Enumerable.Range(range[0], range[^1] - range[0] + 1));
        }

        Assert.Equal(Enumerable.Range(1, 106), numbers);
    }

    [Theory]
    [InlineData("traps-covered.md", 80)]
    [InlineData("scenarios-covered.md", 80)]
    public void Every_test_that_is_named_exists(string document, int atLeast)
    {
        Dictionary<string, Type> classes = typeof(CoveredTests).Assembly.GetTypes().Where(static t => t.IsPublic).ToDictionary(static t => t.Name);
        List<string> missing = [];
        int found = 0;
        foreach (Match match in Rows(document).SelectMany(static row => TestName().Matches(row)))
        {
            string method = match.Groups["method"].Value;
            bool exists = classes.TryGetValue(match.Groups["class"].Value, out Type? type)
                && (method.Length == 0 || type.GetMethod(method, BindingFlags.Public | BindingFlags.Instance) is not null);
            found += exists ? 1 : 0;
            if (!exists)
            {
                missing.Add(match.Value);
            }
        }

        Assert.Empty(missing);
        Assert.True(found > atLeast, $"only {found} tests are named");
    }

    private static IEnumerable<string> Rows(string document)
        => File.ReadLines(Path.Combine(Puppet.Metadata("RepositoryPath"), "docs", document)).Where(static l => l.StartsWith("| ", StringComparison.Ordinal));

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();

    [GeneratedRegex(@"`(?<class>[A-Z]\w*Tests)(\.(?<method>\w+))?`")]
    private static partial Regex TestName();
}
