using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace ChildProc.Tests.Infrastructure;

/// <summary>Somebody at the terminal of a child: types, and waits for what must appear.</summary>
internal sealed class Screen(IChildTerminal terminal)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly StringBuilder _seen = new();
    private int _from;

    internal async Task TypeAsync(string text) => await terminal.Input.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask().WaitAsync(s_patience);

    /// <summary>Reads until the text appears, behind what was found before.</summary>
    internal async Task ExpectAsync(string text)
    {
        int at;
        while ((at = _seen.ToString().IndexOf(text, _from, StringComparison.Ordinal)) < 0)
        {
            Assert.True(await ReadAsync(text), $"The terminal ended without '{text}': {_seen}");
        }

        _from = at + text.Length;
    }

    /// <summary>Everything to the end of the terminal, from the beginning.</summary>
    internal async Task<string> EndAsync()
    {
        while (await ReadAsync("its end"))
        {
        }

        return _seen.ToString();
    }

    private async Task<bool> ReadAsync(string awaited)
    {
        ReadResult read;
        try
        {
            read = await terminal.Output.ReadAsync().AsTask().WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"'{awaited}' did not come: {_seen}");
            return false;
        }

        _seen.Append(Encoding.UTF8.GetString(read.Buffer.ToArray()));
        terminal.Output.AdvanceTo(read.Buffer.End);
        return !read.IsCompleted;
    }
}
