using System.Globalization;

namespace ChildProc.Tool.Commands;

/// <summary>How far a long audit has come, on one line of a terminal that the next text overwrites.</summary>
internal sealed class SynchronousProgress(TextWriter writer) : IProgress<(string Name, long Read, long Length)>
{
    public void Report((string Name, long Read, long Length) value) =>
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"\r\e[K{Formats.Plain.Text(value.Name)}: {value.Read / 1_000_000} of {value.Length / 1_000_000} MB{(value.Length - value.Read < 16 << 20 ? "\r\e[K" : "")}"));
}
