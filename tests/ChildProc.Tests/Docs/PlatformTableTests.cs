using ChildProc.Engines;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Docs;

/// <summary>The README's table of platforms says what <see cref="ChildProcessCapabilities"/> says.</summary>
public sealed class PlatformTableTests
{
    private static readonly EngineFacts[] s_facts = [EngineFacts.Supervised, EngineFacts.ProcessGroup, EngineFacts.Job];

    [Fact]
    public void Each_row_quotes_its_engine()
    {
        List<string[]> rows = [.. File.ReadLines(Path.Combine(Puppet.Metadata("RepositoryPath"), "README.md"))
            .SkipWhile(static l => !l.StartsWith("| platform | containment", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(static l => l.StartsWith('|'))
            .Select(static l => l.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
        Assert.All(s_facts, facts => Assert.Contains(rows, row => row[1] == $"`{facts.Containment}`"));
        foreach (string[] row in rows.Where(static row => row[1] != $"`{Containment.None}`"))
        {
            EngineFacts facts = Assert.Single(s_facts, facts => row[1] == $"`{facts.Containment}`");
            Assert.Equal([facts.Name, string.Join("; ", facts.Limits)], row[2..]);
        }
    }
}
