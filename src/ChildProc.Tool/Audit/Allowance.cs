using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>
/// A leak that is meant: <c>comm=NAME</c>, <c>cmd=TEXT</c> (in the command line), <c>rule=CPL004</c>, or <c>fd=TEXT</c> (in the
/// message), joined by commas. <c>*</c> at the end of a value stands for anything.
/// </summary>
internal sealed record Allowance(IReadOnlyList<(string Key, string Value)> Conditions, string Reason)
{
    /// <summary>Servers of the .NET SDK that mean to stay behind; a finding about them is shown as allowed.</summary>
    internal static readonly IReadOnlyList<Allowance> Shipped =
    [
        new([("cmd", "VBCSCompiler")], "shared compiler server"),
        new([("cmd", "nodeReuse:true")], "MSBuild node kept for reuse"),
        new([("cmd", "/nodemode:")], "MSBuild node kept for reuse"),
        new([("cmd", "rzc.dll")], "Razor build server"),
    ];

    internal static Allowance Parse(string expression, string reason)
    {
        List<(string, string)> conditions = [];
        foreach (string part in expression.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? "" : part[..equals];
            if (key is not ("comm" or "cmd" or "rule" or "fd") || equals + 1 == part.Length)
                throw new FormatException($"'{part}' is no condition: comm=, cmd=, rule= or fd= is expected");
            conditions.Add((key, part[(equals + 1)..]));
        }

        return conditions.Count > 0 ? new(conditions, reason) : throw new FormatException("the expression has no condition");
    }

    /// <summary>Lines <c>expression # reason</c>; each needs a reason, for the next reader.</summary>
    internal static List<Allowance> ReadFile(string path)
    {
        List<Allowance> all = [];
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line) || line.TrimStart().StartsWith('#'))
                continue;
            int hash = line.IndexOf('#', StringComparison.Ordinal);
            if (hash < 0 || string.IsNullOrWhiteSpace(line[(hash + 1)..]))
                throw new FormatException($"{path}:{number}: a suppression needs a reason, behind '#'");
            all.Add(Parse(line[..hash], line[(hash + 1)..].Trim()));
        }

        return all;
    }

    internal bool Covers(Finding finding) => Conditions.All(c => c.Key switch
    {
        "comm" => Matches(Path.GetFileName((finding.Process?.Program ?? finding.Command).Split(' ')[0]), c.Value),
        "cmd" => finding.Command.Contains(c.Value.TrimEnd('*'), StringComparison.Ordinal),
        "rule" => finding.Rule.Id == c.Value || finding.Rule.Kind == c.Value,
        _ => finding.Message.Contains(c.Value.TrimEnd('*'), StringComparison.Ordinal),
    });

    private static bool Matches(string name, string pattern) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern;
}
