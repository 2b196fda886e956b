using System.Globalization;
using ChildProc;

/// <summary>An interactive shell takes the terminal that it inherits from the host for its own foreground.</summary>
internal static class InheritedShell
{
    /// <summary>The shell is killed before it can give the terminal back: the host must be able to read from it all the same.</summary>
    /// <param name="withJob">While a job of the shell's has it, which lives on until the tree is killed.</param>
    internal static async Task<int> KilledAsync(bool withJob)
    {
        IChildProcess shell = await ChildProcess.StartAsync(new ChildProcessStartInfo("bash", "--norc", "--noprofile", "-i"));
        while (IsForegroundGroup(Own) || (withJob && IsForegroundGroup(shell.Id)))
        {
            await Task.Delay(2);
        }

        shell.Signal(ChildSignal.Kill);
        ExitStatus status = await shell.WaitForExitAsync();
        Console.WriteLine($"shell {status}, foreground {IsForegroundGroup(Own)}");
        await shell.DisposeAsync();
        Console.WriteLine($"tree gone, foreground {IsForegroundGroup(Own)}");
        Console.WriteLine($"read {Console.ReadLine()}");
        return 0;
    }

    // proc(5): pgrp is the fifth field, tpgid the eighth.
    private static int Own => Stat()[2];

    private static bool IsForegroundGroup(int group) => Stat()[5] == group;

    private static int[] Stat()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        return Array.ConvertAll(("0" + stat[(stat.LastIndexOf(')') + 3)..]).Split(' ')[..8], static f => int.Parse(f, CultureInfo.InvariantCulture));
    }
}
