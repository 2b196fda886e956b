using System.Text;

namespace ChildProc.Start;

/// <summary>Variables of the host that are no UTF-8, byte by byte: .NET shows each bad byte as U+FFFD, and the child is to get what the host has.</summary>
/// <remarks>
/// From the environment that the host was started with, proc_pid_environ(5): .NET takes its copy of the same, and a variable
/// that the host sets later is text. Looked at only when a variable holds U+FFFD.
/// </remarks>
internal static class RawEnvironment
{
    private static byte[]? s_block;

    /// <summary>"NAME=value" as the bytes that it came from, or empty when it is text after all.</summary>
    internal static ReadOnlySpan<byte> Find(string name, string value)
    {
        ReadOnlySpan<byte> rest = s_block ??= Read();
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            ReadOnlySpan<byte> entry = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (Matches(Encoding.UTF8.GetString(entry), name, value))
            {
                return entry;
            }
        }

        return default;
    }

    private static bool Matches(string entry, string name, string value)
        => entry.Length == name.Length + 1 + value.Length && entry.StartsWith(name, StringComparison.Ordinal)
            && entry[name.Length] == '=' && entry.EndsWith(value, StringComparison.Ordinal);

    private static byte[] Read()
    {
        try
        {
            return File.ReadAllBytes("/proc/self/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
