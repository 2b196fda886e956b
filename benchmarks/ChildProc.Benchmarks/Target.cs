using System.Diagnostics;
using System.Reflection;

namespace ChildProc.Benchmarks;

/// <summary>The child that every library starts: small and static, so that its own cost is small.</summary>
internal static class Target
{
    internal static string Program { get; } = Path.GetFullPath(Array.Find(
        [.. typeof(Target).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()], static a => a.Key == "PuppetPath")!.Value!);

    internal static string[] Exit { get; } = ["exit", "0"];

    internal static string[] Hi { get; } = ["print", "hi"];

    internal static ChildProcessStartInfo Info { get; } = new(Program, Exit);

    internal static Process Start(bool redirected, string[] arguments)
        => Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = redirected })!;
}
