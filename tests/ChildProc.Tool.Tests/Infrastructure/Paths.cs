using System.Reflection;

namespace ChildProc.Tool.Tests.Infrastructure;

/// <summary>Where the programs and golden files of the tests are.</summary>
internal static class Paths
{
    internal static string Tool { get; } = Of("ToolPath");

    internal static string LeakPuppet { get; } = Of("LeakPuppetPath");

    internal static string LeakHost { get; } = Of("LeakHostPath");

    internal static string LeakHostSource { get; } = Of("LeakHostSource");

    internal static string Golden(string name) => Path.Combine(Of("GoldenPath"), name);

    private static string Of(string name) => typeof(Paths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == name).Value!;
}
