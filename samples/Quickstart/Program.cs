// ChildProc at a glance: start a real tree, see it, cancel it, and find nothing left; then lose the host to SIGKILL
// and still find nothing left; then do the same with System.Diagnostics.Process and compare.
using Quickstart;

if (args is ["--host", var library])
{
    return await HostRole.RunAsync(library);
}

if (args is ["--telemetry"])
{
    return await TelemetryCheck.RunAsync();
}

if (!OperatingSystem.IsLinux())
{
    Console.WriteLine("This sample looks into /proc: it runs on Linux.");
    return 0;
}

Row ours = new("ChildProc", await CancelDemo.WithChildProcAsync(), await HostKillDemo.RunAsync("ChildProc"));
Row theirs = new("System.Diagnostics.Process", await CancelDemo.WithProcessAsync(), await HostKillDemo.RunAsync("Process"));

Console.WriteLine();
Console.WriteLine("Survivors of a tree of a shell, two background children, one that ignores SIGTERM, and a setsid daemon:");
Console.WriteLine();
Console.WriteLine($"| {"library",-26} | {"killed by its owner",-28} | {"host killed with SIGKILL",-28} |");
Console.WriteLine($"|{new string('-', 28)}|{new string('-', 30)}|{new string('-', 30)}|");
foreach (Row row in (Row[])[ours, theirs])
{
    Console.WriteLine($"| {row.Library,-26} | {row.Killed,-28} | {row.HostKilled,-28} |");
}

bool clean = ours is { Killed.Survivors: 0, HostKilled.Survivors: 0 };
Console.WriteLine();
Console.WriteLine(clean ? "ChildProc left nothing." : "ChildProc LEFT SOMETHING: that is a bug.");
return clean ? 0 : 1;

namespace Quickstart
{
    internal sealed record Row(string Library, Outcome Killed, Outcome HostKilled);
}
