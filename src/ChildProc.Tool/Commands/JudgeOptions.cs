using System.CommandLine;
using ChildProc.Tool.Audit;

namespace ChildProc.Tool.Commands;

/// <summary>The options that say what counts as a leak; those of run, audit and report.</summary>
internal sealed class JudgeOptions
{
    private readonly Option<TimeSpan> _settle = Duration("--settle", "How long what is left may take to end by itself.", TimeSpan.FromSeconds(2));
    private readonly Option<string> _failOn = new("--fail-on") { Description = "Kinds of leaks that fail: orphan,zombie,fd,inherit,pipe,pidfd,undisposed,reap,signal,thread,escape,close, all or none.", DefaultValueFactory = static _ => string.Join(',', Rule.FailByDefault.Select(static r => r.Kind)) };
    private readonly Option<string[]> _allow = new("--allow") { Description = "A leak that is meant: comm=NAME, cmd=TEXT, rule=KIND or fd=TEXT, joined by commas; repeatable.", DefaultValueFactory = static _ => [] };
    private readonly Option<string[]> _suppress = new("--suppress") { Description = "A file of such expressions, each with its reason behind '#'; repeatable.", DefaultValueFactory = static _ => [] };
    private readonly Option<int> _warmup = new("--warmup") { Description = "Children that the growth rules leave out at the beginning.", DefaultValueFactory = static _ => 3 };

    internal JudgeOptions AddTo(Command command)
    {
        _failOn.Validators.Add(static result =>
        {
            try
            {
                Kinds(result.GetValueOrDefault<string>());
            }
            catch (FormatException e)
            {
                result.AddError(e.Message);
            }
        });
        _failOn.CompletionSources.Add([.. Rule.All.Select(static r => r.Kind), "all", "none"]);
        _warmup.Validators.Add(static result =>
        {
            if (result.Errors.Any() is false && result.GetValueOrDefault<int>() is < 0 or > 1_000_000)
                result.AddError("--warmup must be between 0 and 1000000.");
        });
        command.Add(_settle);
        command.Add(_failOn);
        command.Add(_allow);
        command.Add(_suppress);
        command.Add(_warmup);
        return this;
    }

    internal AuditOptions Read(ParseResult result) => new()
    {
        Settle = result.GetValue(_settle),
        FailOn = Kinds(result.GetValue(_failOn) ?? ""),
        Warmup = result.GetValue(_warmup),
        Allowed =
        [
            .. (result.GetValue(_allow) ?? []).Select(static e => Allowance.Parse(e, "--allow")),
            .. (result.GetValue(_suppress) ?? []).SelectMany(Allowance.ReadFile),
        ],
    };

    private static List<Rule> Kinds(string text)
    {
        List<Rule> rules = [];
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == "all")
                rules.AddRange(Rule.All);
            else if (word != "none")
                rules.Add(Rule.All.FirstOrDefault(r => r.Kind == word || r.Id == word) ?? throw new FormatException($"'{word}' is no kind of leak; known are {string.Join(", ", Rule.All.Select(static r => r.Kind))}, all and none."));
        }

        return rules;
    }

    internal static Option<TimeSpan> Duration(string name, string description, TimeSpan standard) => new(name)
    {
        Description = description + " Such as 250ms, 2s, 5m.",
        DefaultValueFactory = _ => standard,
        CustomParser = static result =>
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (!Durations.TryParse(text, out TimeSpan value))
                result.AddError($"'{text}' is no length of time, such as 250ms, 2s or 5m.");
            return value;
        },
    };
}
