using System.Reflection;
using System.Runtime.InteropServices;

namespace ChildProc.Tests.Infrastructure;

/// <summary>The helper program that tests start as a child; its verbs stand in tests/ChildProc.Puppet/README.md.</summary>
internal static class Puppet
{
    internal static string Path { get; } = OperatingSystem.IsWindows() ? OnWindows("puppet.exe", "PuppetPath") : Metadata("PuppetPath");

    internal static string HostPath { get; } = OperatingSystem.IsWindows() ? OnWindows("ChildProc.PuppetHost.exe", "PuppetHostPath") : Metadata("PuppetHostPath");

    /// <summary>The guardian that is also inside the library, for this or another architecture.</summary>
    internal static string GuardianPath(Architecture? architecture = null)
    {
        string name = (architecture ?? RuntimeInformation.ProcessArchitecture) == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        return System.IO.Path.GetFullPath(System.IO.Path.Combine(Metadata("RepositoryPath"), "artifacts/guardian", name, "childproc-guardian"));
    }

    /// <summary>The verb for an orphan of the tree that the containment under test holds: a daemon, or one that stays in its group.</summary>
    internal static string Daemon => UnderTest.HoldsWholeTree ? "daemon" : "orphan";

    /// <summary>So many of the members of "flat" are daemons, where the containment under test holds daemons.</summary>
    internal static string Daemons(int count) => UnderTest.HoldsWholeTree ? $"{count}" : "0";

    internal static ChildProcessStartInfo Info(params string[] verbAndArguments) => new(Path, verbAndArguments);

    /// <summary>Several verbs in turn, with "," between them.</summary>
    internal static ChildProcessStartInfo Seq(params string[] words) => new(Path, ["seq", .. words]);

    internal static ChildProcessStartInfo Piped(this ChildProcessStartInfo info) => new(info)
    {
        StandardInput = ChildStdio.Null,
        StandardOutput = ChildStdio.Pipe,
    };

    /// <summary>All three streams are a new terminal.</summary>
    internal static ChildProcessStartInfo AtTerminal(this ChildProcessStartInfo info, TerminalOptions? options = null) => new(info)
    {
        StandardInput = ChildStdio.Terminal,
        StandardOutput = ChildStdio.Terminal,
        StandardError = ChildStdio.Terminal,
        TerminalOptions = options,
    };

    /// <summary>Captures a verb's output as key=value pairs.</summary>
    internal static async Task<Dictionary<string, string>> ReportAsync(ChildProcessStartInfo info)
    {
        CapturedResult result = await ChildProcess.CaptureAsync(info);
        Assert.True(result.Status.IsSuccess, $"{result.Status}: {result.StandardError}");
        Dictionary<string, string> report = new(StringComparer.Ordinal);
        foreach (string line in result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = line.Split('=', 2);
            report[pair[0]] = pair.Length == 2 ? pair[1] : "";
        }

        return report;
    }

    // Beside the tests where these were published, else where it was built.
    private static string OnWindows(string name, string key)
    {
        string beside = System.IO.Path.Combine(AppContext.BaseDirectory, name);
        return File.Exists(beside) ? beside : System.IO.Path.GetFullPath(Metadata(key) + ".exe");
    }

    /// <summary>A path that the build has put into this assembly.</summary>
    internal static string Metadata(string key)
    {
        foreach (AssemblyMetadataAttribute attribute in typeof(Puppet).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
        {
            if (attribute.Key == key)
            {
                return System.IO.Path.GetFullPath(attribute.Value!);
            }
        }

        throw new InvalidOperationException($"{key} is not in the test assembly.");
    }
}
