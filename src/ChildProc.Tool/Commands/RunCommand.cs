using System.CommandLine;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Formats;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Run;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Commands;

/// <summary><c>childproc run -- command</c>.</summary>
internal static class RunCommand
{
    /// <summary>What stood behind the two dashes; nothing if there were none.</summary>
    internal static IReadOnlyList<string>? Target { get; set; }

    private static readonly Option<string> s_sources = new("--sources") { Description = "auto, or a list: sub,proc,cn,strace,perf,app. One that is named must work.", DefaultValueFactory = static _ => "auto" };
    private static readonly Option<TimeSpan?> s_timeout = new("--timeout")
    {
        Description = "End the command by SIGTERM after this time, by SIGKILL 2 s later; exit code 124.",
        CustomParser = static result =>
        {
            if (result.Tokens.Count == 1 && Durations.TryParse(result.Tokens[0].Value, out TimeSpan value) && value > TimeSpan.Zero)
                return value;
            result.AddError($"'{string.Concat(result.Tokens.Select(static t => t.Value))}' is no length of time, such as 250ms, 2s or 5m.");
            return null;
        },
    };

    private static readonly Option<bool> s_killLeaked = new("--kill-leaked") { Description = "End what is left behind, once the evidence is saved (SIGTERM, after 1 s SIGKILL). Default true.", DefaultValueFactory = static _ => true };
    private static readonly Option<bool> s_stack = new("--stack") { Description = "Programs that use ChildProc note who starts their children, and tell of undisposed ones; adds source app." };
    private static readonly Option<int> s_repeat = new("--repeat") { Description = "Run the command that many times; the first bad verdict is the answer.", DefaultValueFactory = static _ => 1 };
    private static readonly Option<string?> s_bundle = new("--bundle") { Description = "Keep the evidence in this directory; it must be new or empty." };
    private static readonly Option<bool> s_strict = new("--strict") { Description = "An inconclusive verdict fails, too (exit code 24)." };
    private static readonly Option<int> s_exitCode = new("--exit-code") { Description = "The exit code of a leak.", DefaultValueFactory = static _ => ExitCodes.Leak };
    private static readonly Option<bool> s_verbose = new("--verbose", "-v") { Description = "Notes, allowed findings and the whole tree, too." };
    private static readonly Option<bool> s_quiet = new("--quiet", "-q") { Description = "Say nothing unless there is a leak or a doubt." };
    private static readonly Option<bool> s_noColor = new("--no-color") { Description = "No colour; as NO_COLOR." };

    internal static Command Create()
    {
        Command command = new("run", "Run a command, watch it, and give a verdict: childproc run [options] -- command [arguments].");
        s_sources.Validators.Add(static result =>
        {
            foreach (string name in Names(result.GetValueOrDefault<string>()).Where(static n => n != "auto" && !SourceProbe.All.Contains(n)))
                result.AddError($"'{name}' is no source; known are auto, {string.Join(", ", SourceProbe.All)}.");
        });
        s_sources.CompletionSources.Add(["auto", .. SourceProbe.All]);
        InRange(s_repeat, 1, 100_000);
        InRange(s_exitCode, 1, 255);
        foreach (Option option in new Option[] { s_sources, s_timeout, s_killLeaked, s_stack, s_repeat, s_bundle, s_strict, s_exitCode, s_verbose, s_quiet, s_noColor })
            command.Add(option);
        JudgeOptions judge = new JudgeOptions().AddTo(command);
        Option<string[]> outputs = Outputs.Option();
        command.Add(outputs);
        command.SetAction(result => Run(result, judge, result.GetValue(outputs) ?? []));
        return command;
    }

    private static void InRange(Option<int> option, int least, int most) => option.Validators.Add(result =>
    {
        if (!result.Errors.Any() && result.GetValueOrDefault<int>() is var value && (value < least || value > most))
            result.AddError($"{option.Name} must be between {least} and {most}.");
    });

    private static string[] Names(string? list) => (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static int Run(ParseResult result, JudgeOptions judge, string[] outputs)
    {
        if (Target is null or [])
            throw new EvidenceException("run needs a command behind two dashes: childproc run [options] -- command [arguments]");
        SourceProbe.RequireProc();
        Terminal terminal = new(result.GetValue(s_noColor));
        AuditOptions options = judge.Read(result);
        int status = 0;
        for (int left = result.GetValue(s_repeat); left > 0 && status == 0; left--)
            status = RunOnce(result, options, outputs, terminal);
        return status;
    }

    private static int RunOnce(ParseResult result, AuditOptions options, string[] outputs, Terminal terminal)
    {
        string? kept = result.GetValue(s_bundle);
        string bundle = kept is null ? Directory.CreateTempSubdirectory("childproc-").FullName : Path.GetFullPath(kept);
        if (kept is not null && result.GetValue(s_repeat) > 1)
            throw new EvidenceException("--bundle holds one run: use it without --repeat");
        if (kept is not null && Directory.Exists(bundle) && Directory.EnumerateFileSystemEntries(bundle).Any())
            throw new EvidenceException($"{kept} is not empty");
        try
        {
            string[] sources = Names(result.GetValue(s_sources));
            bool automatic = sources.Contains("auto"), stacks = result.GetValue(s_stack);
            if (stacks)
                sources = [.. sources.Append("app").Distinct()];
            using Runner runner = new(new RunSettings
            {
                Command = Target!, Bundle = bundle, Optional = automatic ? SourceProbe.Automatic : [], Settle = options.Settle, Timeout = result.GetValue(s_timeout),
                KillLeaked = result.GetValue(s_killLeaked), Stacks = stacks,
                Sources = [.. automatic ? sources.Concat(SourceProbe.Automatic).Distinct() : sources],
            });
            runner.Run();
            Report report;
            using (FactWriter facts = new(outputs))
                report = Auditor.Audit(bundle, options, facts.Observer);
            if (!outputs.Contains("text") && (!result.GetValue(s_quiet) || report.Verdict != Verdict.Clean))
                new TextFormat(terminal.Paint, result.GetValue(s_verbose)).Write(terminal.Error, report);
            foreach (string left in runner.Unkillable)
                terminal.Error.WriteLine($"childproc: could not be ended: {Plain.Text(left)}");
            Outputs.Write(outputs, report, terminal, result.GetValue(s_verbose));
            return ExitCodes.OfRun(report.Verdict, runner.TimedOut ? ExitCodes.OutOfTime : runner.Status, result.GetValue(s_exitCode), result.GetValue(s_strict));
        }
        catch (StartException e)
        {
            terminal.Error.WriteLine($"childproc: {e.Message}");
            return e.Error is LibC.ENOENT or LibC.ENOTDIR ? ExitCodes.NotFound : ExitCodes.NotExecutable;
        }
        finally
        {
            if (kept is null)
                Directory.Delete(bundle, recursive: true);
        }
    }
}
