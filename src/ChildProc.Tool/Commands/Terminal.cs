using ChildProc.Tool.Formats;

namespace ChildProc.Tool.Commands;

/// <summary>Where the tool speaks: standard error, in colour if that is a terminal and nobody minds (no-color.org).</summary>
internal sealed class Terminal
{
    internal Terminal(bool noColor)
    {
        bool colour = !noColor && !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IsInteractive = !Console.IsErrorRedirected;
        Paint = new Paint(colour);
    }

    internal TextWriter Error { get; } = Console.Error;

    internal Paint Paint { get; }

    internal bool IsInteractive { get; }
}
