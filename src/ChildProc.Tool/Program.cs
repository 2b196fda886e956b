using System.CommandLine;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Commands;

RootCommand root = new("Runs a program and proves that it leaks no process, zombie or descriptor, or names the culprit.")
{
    RunCommand.Create(), AuditCommand.Create(), TreeCommand.Create(), AuditCommand.CreateReport(), DoctorCommand.Create(),
};

// What stands behind the first `--` is the target's, whatever it looks like.
int dashes = Array.IndexOf(args, "--");
RunCommand.Target = dashes < 0 ? null : args[(dashes + 1)..];
ParseResult parsed = root.Parse(dashes < 0 ? args : args[..dashes]);
if (parsed.Errors.Count > 0)
{
    foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
        Console.Error.WriteLine($"childproc: {error.Message}");
    Console.Error.WriteLine("childproc: --help shows how");
    return ExitCodes.Error;
}

try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e) when (e is EvidenceException or IOException or UnauthorizedAccessException or FormatException)
{
    Console.Error.WriteLine($"childproc: {e.Message}");
    return ExitCodes.Error;
}
