using ChildProc.Tests.Infrastructure;

namespace ChildProc.Telemetry.Tests.Infrastructure;

/// <summary>A child with secrets in its arguments and environment.</summary>
internal static class SecretChild
{
    internal const string Secret = "s3cret";

    internal static ChildProcessStartInfo Info { get; } = new(Puppet.Path, "args", Secret)
    {
        Environment = new Dictionary<string, string?> { ["TOKEN"] = Secret },
        StandardOutput = ChildStdio.Null,
    };
}
