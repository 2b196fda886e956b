using System.Runtime.CompilerServices;
using System.Text;

namespace ChildProc.Tests.Infrastructure;

/// <summary>Reads a child's standard output line by line.</summary>
internal static class Lines
{
    private static readonly ConditionalWeakTable<IChildProcess, StreamReader> s_readers = [];

    internal static async Task<string?> NextLineAsync(this IChildProcess child, int seconds = 60)
    {
        StreamReader reader = s_readers.GetValue(child, static c => new StreamReader(c.StandardOutput.AsStream(), Encoding.UTF8));
        return await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(seconds));
    }

    internal static async Task ExpectAsync(this IChildProcess child, string line)
        => Assert.Equal(line, await child.NextLineAsync());
}
