using System.Diagnostics;

namespace ChildProc.Tests.Infrastructure;

/// <summary>Another process that uses the library: tests/ChildProc.PuppetHost. Started with System.Diagnostics.Process, on purpose.</summary>
internal sealed class HostProcess : IDisposable
{
    // For a host that hangs: a test that knows how long its own may take has a timeout, too.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private HostProcess(Process process) => Process = process;

    internal Process Process { get; }

    internal int Id => Process.Id;

    /// <param name="launcher">A puppet verb in front, such as as-pid1; empty for none.</param>
    /// <param name="marker">Marks the host and all that it starts.</param>
    /// <param name="words">The host's verb and arguments; the puppet's path goes between them.</param>
    internal static HostProcess Start(string[] launcher, Marker? marker, params string[] words) => Start(launcher, marker, [], words);

    /// <summary>As above, with environment variables of the host's, which its children inherit.</summary>
    internal static HostProcess Start(string[] launcher, Marker? marker, IEnumerable<KeyValuePair<string, string>> environment, string[] words)
        => Start(launcher, marker, environment, words, quiet: false);

    private static HostProcess Start(string[] launcher, Marker? marker, IEnumerable<KeyValuePair<string, string>> environment, string[] words, bool quiet)
    {
        string[] command = [Puppet.HostPath, words[0], Puppet.Path, .. words[1..]];
        if (launcher.Length > 0)
        {
            command = [Puppet.Path, .. launcher, .. command];
        }

        ProcessStartInfo info = new(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = quiet };
        if (marker is not null)
        {
            info.Environment["CHILDPROC_TEST_MARKER"] = marker.Value;
        }

        foreach ((string name, string value) in environment)
        {
            info.Environment[name] = value;
        }

        return new HostProcess(Process.Start(info)!);
    }

    internal Task<string?> LineAsync() => Process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);

    /// <summary>Runs a host to its end and returns what it printed.</summary>
    internal static Task<(int Code, string Output)> RunAsync(string[] launcher, params string[] words) => RunAsync(launcher, [], words);

    /// <summary>As above, with environment variables of the host's.</summary>
    internal static async Task<(int Code, string Output)> RunAsync(string[] launcher, IEnumerable<KeyValuePair<string, string>> environment, string[] words)
    {
        using HostProcess host = Start(launcher, null, environment, words);
        host.Process.StandardInput.Close();
        string output = await host.Process.StandardOutput.ReadToEndAsync().WaitAsync(s_patience);
        await host.Process.WaitForExitAsync().WaitAsync(s_patience);
        return (host.Process.ExitCode, output.TrimEnd());
    }

    /// <summary>Whether a host begins behind a launcher at all. What the runtime says where it does not is shown to nobody.</summary>
    /// <returns>64, for it knows no such verb, where it does; else the status of the launcher or of the runtime.</returns>
    internal static async Task<int> TryAsync(string[] launcher)
    {
        using HostProcess host = Start(launcher, null, [], ["no-such-verb"], quiet: true);
        await host.Process.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await host.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return host.Process.ExitCode;
    }

    internal void Kill() => Keepers.Kill(Id);

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            Process.WaitForExit();
        }

        Process.Dispose();
    }
}
