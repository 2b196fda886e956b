using System.Diagnostics;
using System.Reflection;

namespace ChildProc.Benchmarks;

/// <summary>The children that every library starts: small and static, so that their own cost is small.</summary>
internal static class Target
{
    internal static string Program { get; } = Built("PuppetPath");

    /// <summary>It does nothing but end: what is measured with it is the start, not the child.</summary>
    internal static string Exit { get; } = Built("ExitPath");

    internal static string[] Hi { get; } = ["print", "hi"];

    internal static ChildProcessStartInfo Info { get; } = new(Exit);

    internal static int RunExitByProcess()
    {
        using Process process = Process.Start(new ProcessStartInfo(Exit))!;
        process.WaitForExit();
        return process.ExitCode;
    }

    internal static async Task<int> RunExitByProcessAsync()
    {
        using Process process = Process.Start(new ProcessStartInfo(Exit))!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    internal static Process Start(bool redirected, string[] arguments)
        => Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = redirected })!;

    private static string Built(string key) => Path.GetFullPath(Array.Find(
        [.. typeof(Target).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()], a => a.Key == key)!.Value!);
}
