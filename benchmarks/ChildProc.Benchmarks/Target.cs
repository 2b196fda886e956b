namespace ChildProc.Benchmarks;

/// <summary>The child that every library starts.</summary>
internal static class Target
{
    internal const string Program = "/bin/true";

    internal static ChildProcessStartInfo Info { get; } = new(Program);
}
