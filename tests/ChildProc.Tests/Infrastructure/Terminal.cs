using System.Diagnostics;

namespace ChildProc.Tests.Infrastructure;

/// <summary>A real pseudo-terminal, which the puppet plays, with a host under it.</summary>
internal sealed class Terminal : IDisposable
{
    private readonly Process _process;
    private readonly System.Text.StringBuilder _seen = new();

    private Terminal(Process process) => _process = process;

    /// <summary>The process that plays the terminal; the host, or the shell over it, is its child.</summary>
    internal int Id => _process.Id;

    internal static Terminal Start(string kind, string hostVerb, params string[] words) => Start(null, kind, hostVerb, words);

    /// <param name="marker">Marks the terminal, the host and all that it starts.</param>
    /// <param name="kind">pty-session or pty-shell.</param>
    /// <param name="hostVerb">The host's verb.</param>
    /// <param name="words">The host's arguments, after the puppet's path.</param>
    internal static Terminal Start(Marker? marker, string kind, string hostVerb, string[] words)
    {
        ProcessStartInfo info = new(Puppet.Path, [kind, Puppet.HostPath, hostVerb, Puppet.Path, .. words]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (marker is not null)
        {
            info.Environment["CHILDPROC_TEST_MARKER"] = marker.Value;
        }

        return new Terminal(Process.Start(info)!);
    }

    internal void Send(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
        }
        catch (IOException)
        {
            Assert.Fail($"The terminal is gone before '{line}': {_seen}{_process.StandardOutput.ReadToEnd()}");
        }
    }

    internal void Type(string text) => Send("type " + text);

    internal async Task ExpectAsync(string text)
    {
        Send($"expect {text} 60000");
        await LineAsync("ok " + text);
    }

    internal async Task LineAsync(string wanted)
    {
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            _seen.Append(line).Append('\n');
            if (line == wanted)
            {
                return;
            }

            Assert.False(line.StartsWith("timeout ", StringComparison.Ordinal), _seen.ToString());
        }

        Assert.Fail($"'{wanted}' did not come: {_seen}");
    }

    internal async Task<string> EndAsync()
    {
        _seen.Append(await _process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        return _seen.ToString();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
