using System.CommandLine;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Formats;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Model;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Commands;

/// <summary><c>childproc tree</c>: processes, descriptors and pipes, of a bundle or of a running process.</summary>
internal static class TreeCommand
{
    private static readonly Argument<string?> s_path = new("evidence") { Arity = ArgumentArity.ZeroOrOne, Description = "A bundle (directory or .zip) or one file." };
    private static readonly Option<int?> s_pid = new("--pid", "-p") { Description = "This running process and its descendants." };
    private static readonly Option<bool> s_fds = new("--fds") { Description = "With the open descriptors (of a bundle: those that its evidence tells of)." };
    private static readonly Option<bool> s_pipes = new("--pipes") { Description = "With the pipes and who holds them." };
    private static readonly Option<string> s_at = new("--at") { Description = "Of a bundle: as it was then, such as 1.25s after the start, or at the end.", DefaultValueFactory = static _ => "all" };
    private static readonly Option<bool> s_ascii = new("--ascii") { Description = "Draw with ASCII characters." };

    internal static Command Create()
    {
        Command command = new("tree", "Show the processes of a bundle, or of a running process, as a tree.");
        s_at.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<string>() is { } at && at is not ("all" or "end") && !Durations.TryParse(at, out TimeSpan _))
                result.AddError($"'{at}' is no time, such as 1.25s, nor end.");
        });
        command.Add(s_path);
        foreach (Option option in new Option[] { s_pid, s_fds, s_pipes, s_at, s_ascii })
            command.Add(option);
        command.SetAction(static result =>
        {
            if ((result.GetValue(s_path) is null) == (result.GetValue(s_pid) is null))
                throw new EvidenceException("tree needs either evidence or --pid");
            if (result.GetValue(s_pid) is { } pid)
                Live(pid, result);
            else
                Recorded(result.GetValue(s_path)!, result);
            return 0;
        });
        return command;
    }

    private static void Recorded(string path, ParseResult result)
    {
        AuditOptions options = new();
        Report report = Auditor.Audit(path, options);
        string at = result.GetValue(s_at)!;
        long? when = null;
        if (at != "all")
        {
            when = Durations.TryParse(at, out TimeSpan after) ? report.Start + after.Ticks * 100 : report.RootExit ?? report.End;
            report = Auditor.Audit(path, options with { Until = when });
        }

        ILookup<ProcessLife, FdSlot> open = report.Story.OpenSlots.SelectMany(static p => p.Value.Select(slot => (p.Key, slot))).ToLookup(static p => p.Key, static p => p.slot);
        TreeText.Write(Console.Out, report, new TreeOptions
        {
            Ascii = result.GetValue(s_ascii), At = when,
            Details = result.GetValue(s_fds) ? life => open[life].OrderBy(static s => s.Fd).Select(static s => $"fd {s.Fd} {s.File.Key}{(s.CloseOnExec ? "" : "  (kept over exec)")}  {s.Reference}") : null,
        });
        if (!result.GetValue(s_pipes))
            return;
        foreach (Pipe pipe in report.Story.Pipes.Where(p => when is not { } then || (p.Opened <= then && (p.Ended is null || p.Ended > then))))
            Console.WriteLine($"  {pipe.Key} +{Durations.Text(pipe.Opened - report.Start)}{(pipe.Ended is { } end ? $" to +{Durations.Text(end - report.Start)}" : ", open")}: {string.Join(", ", pipe.Holders.Select(static h => $"{h.Pid} ({Plain.Text(Plain.Short(h.Title, 40))})"))}  {pipe.Reference}");
    }

    private static void Live(int pid, ParseResult result)
    {
        Report report = LiveAudit.Look(pid, LibC.Now());
        Dictionary<int, List<(int Fd, string Target)>> open = report.Story.Lives.ToDictionary(static l => l.Pid, static l => ProcFs.Descriptors(l.Pid));
        TreeText.Write(Console.Out, report, new TreeOptions
        {
            Ascii = result.GetValue(s_ascii), At = report.End,
            Details = result.GetValue(s_fds) ? life => open[life.Pid].Select(static d => $"fd {d.Fd} {d.Target}") : null,
        });
        if (!result.GetValue(s_pipes))
            return;
        foreach (var pipe in open.SelectMany(static p => p.Value.Where(static d => d.Target.StartsWith("pipe:", StringComparison.Ordinal)).Select(d => (d.Target, Holder: $"{p.Key} at {d.Fd}"))).GroupBy(static p => p.Target).OrderBy(static g => g.Key, StringComparer.Ordinal))
            Console.WriteLine($"  {pipe.Key}: {string.Join(", ", pipe.Select(static p => p.Holder))}");
    }
}
