using System.Diagnostics;
using ChildProc;

namespace Quickstart;

/// <summary>This program once more, as the host that will be killed.</summary>
internal static class HostRole
{
    internal static ProcessStartInfo StartInfo(string library, Tree tree)
    {
        // `dotnet Quickstart.dll` is started as that; a single file, a trimmed or a native program as itself.
        string program = Environment.ProcessPath!;
        string[] self = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [Path.Combine(AppContext.BaseDirectory, "Quickstart.dll"), "--host", library]
            : ["--host", library];
        ProcessStartInfo info = new(program, self) { RedirectStandardOutput = true, RedirectStandardInput = true };
        info.Environment[Tree.Variable] = tree.Id;
        return info;
    }

    internal static async Task<int> RunAsync(string library)
    {
        if (library == "ChildProc")
        {
            await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo("sh", "-c", Tree.Script));
            await child.WaitForExitAsync(); // and is killed meanwhile
        }
        else
        {
            using Process process = Process.Start("sh", ["-c", Tree.Script]);
            await process.WaitForExitAsync();
        }

        return 0;
    }
}
