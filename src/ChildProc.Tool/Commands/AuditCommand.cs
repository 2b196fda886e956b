using System.CommandLine;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Formats;

namespace ChildProc.Tool.Commands;

/// <summary><c>childproc audit</c> and <c>childproc report</c>: judge evidence that was recorded before.</summary>
internal static class AuditCommand
{
    internal static Command Create()
    {
        Command command = new("audit", "Judge a bundle, an strace log, a perf script text, a fact file or a .nettrace file; or a running process.");
        Argument<string?> path = new("evidence") { Arity = ArgumentArity.ZeroOrOne, Description = "A bundle (directory or .zip) or one file." };
        Option<int?> pid = new("--pid", "-p") { Description = "Look at this running process and its descendants instead." };
        Option<TimeSpan> time = JudgeOptions.Duration("--for", "With --pid: how long to look.", TimeSpan.FromSeconds(10));
        Option<bool> verbose = new("--verbose", "-v") { Description = "Notes, allowed findings and the whole tree, too." };
        Option<bool> noColor = new("--no-color") { Description = "No colour; as NO_COLOR." };
        Option<string[]> outputs = Outputs.Option();
        command.Add(path);
        command.Add(pid);
        command.Add(time);
        JudgeOptions judge = new JudgeOptions().AddTo(command);
        command.Add(outputs);
        command.Add(verbose);
        command.Add(noColor);
        command.SetAction(result =>
        {
            Terminal terminal = new(result.GetValue(noColor));
            AuditOptions options = judge.Read(result) with { Progress = terminal.IsInteractive ? new SynchronousProgress(terminal.Error) : null };
            string[] wanted = result.GetValue(outputs) ?? [];
            if ((result.GetValue(path) is null) == (result.GetValue(pid) is null))
                throw new EvidenceException("audit needs either evidence or --pid");
            Report report;
            using (FactWriter facts = new(wanted))
            {
                report = result.GetValue(pid) is { } live
                    ? LiveAudit.Run(live, result.GetValue(time), options, facts.Observer)
                    : Auditor.Audit(result.GetValue(path)!, options, facts.Observer);
            }

            if (!wanted.Any(static o => o == "text"))
                new TextFormat(terminal.Paint, result.GetValue(verbose)).Write(terminal.Error, report);
            Outputs.Write(wanted, report, terminal, result.GetValue(verbose));
            return ExitCodes.OfAudit(report.Verdict);
        });
        return command;
    }

    internal static Command CreateReport()
    {
        Command command = new("report", "Write reports of a bundle in other formats.");
        Argument<string> path = new("evidence") { Description = "A bundle (directory or .zip) or one file." };
        Option<string[]> outputs = Outputs.Option();
        outputs.Required = true;
        command.Add(path);
        JudgeOptions judge = new JudgeOptions().AddTo(command);
        command.Add(outputs);
        command.SetAction(result =>
        {
            string[] wanted = result.GetValue(outputs) ?? [];
            Report report;
            using (FactWriter facts = new(wanted))
                report = Auditor.Audit(result.GetValue(path)!, judge.Read(result), facts.Observer);
            Outputs.Write(wanted, report, new Terminal(noColor: false), verbose: true);
            return ExitCodes.OfAudit(report.Verdict);
        });
        return command;
    }
}
