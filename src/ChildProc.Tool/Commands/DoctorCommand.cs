using System.CommandLine;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Commands;

/// <summary><c>childproc doctor</c>: which sources work here, and why the others do not.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        Command command = new("doctor", "Say which sources of evidence work here, and why the others do not.");
        Option<bool> noColor = new("--no-color") { Description = "No colour; as NO_COLOR." };
        command.Add(noColor);
        command.SetAction(result =>
        {
            Terminal terminal = new(result.GetValue(noColor));
            (string Level, string Name, string What, string? Why)[] rows =
            [
                ("L1", "sub", "survivors and zombies at the end of the program", SourceProbe.Subreaper()),
                ("L1", "proc", "looks into /proc", SourceProbe.Proc()),
                ("L2", "cn", "every fork, exec and exit", SourceProbe.Connector()),
                ("L3", "strace", "every reap and descriptor as well", SourceProbe.StraceForReal()),
                ("L4", "perf", "a second witness of forks, exits and reaps", SourceProbe.PerfForReal()),
            ];
            foreach ((string level, string name, string what, string? why) in rows)
                Console.WriteLine($"{level} {name,-7} {(why is null ? terminal.Paint.Green("works") + $": {what}" : terminal.Paint.Yellow("no") + $": {why}")}");
            Console.WriteLine("L0 app     " + "events of .NET programs with the provider ChildProc, where --sources names it");
            return rows[0].Why is null && rows[1].Why is null ? 0 : ExitCodes.Error;
        });
        return command;
    }
}
