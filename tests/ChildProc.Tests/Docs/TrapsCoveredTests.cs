using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Docs;

/// <summary>docs/traps-covered.md names what is there.</summary>
public sealed partial class TrapsCoveredTests
{
    private static readonly string[] s_rows = [.. File.ReadLines(Path.Combine(Puppet.Metadata("RepositoryPath"), "docs", "traps-covered.md")).Where(static l => l.StartsWith("| ", StringComparison.Ordinal) && char.IsDigit(l[2]))];

    [Fact]
    public void Every_trap_has_one_row_in_order()
    {
        List<int> numbers = [];
        foreach (string row in s_rows)
        {
            int[] range = [.. Number().Matches(row.Split(' ', 3)[1]).Select(static m => int.Parse(m.Value, CultureInfo.InvariantCulture))];
            numbers.AddRange(Enumerable.Range(range[0], range[^1] - range[0] + 1));
        }

        Assert.Equal(Enumerable.Range(1, 106), numbers);
    }

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        Dictionary<string, Type> classes = typeof(TrapsCoveredTests).Assembly.GetTypes().Where(static t => t.IsPublic).ToDictionary(static t => t.Name);
        List<string> missing = [];
        int found = 0;
        foreach (Match match in s_rows.SelectMany(static row => TestName().Matches(row)))
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
        Assert.True(found > 80, $"only {found} tests are named");
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();

    [GeneratedRegex(@"`(?<class>[A-Z]\w*Tests)(\.(?<method>\w+))?`")]
    private static partial Regex TestName();
}
