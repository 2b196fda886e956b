namespace ChildProc;

/// <summary>One line of a child's output.</summary>
/// <param name="Text">The line, decoded, without its line end.</param>
/// <param name="Source">The stream that it came from.</param>
/// <remarks>Lines of one stream keep their order; between the two streams the order is that of arrival.</remarks>
public readonly record struct OutputLine(string Text, OutputSource Source)
{
    /// <summary>
    /// The line is longer than <see cref="ChildProcessStartInfo.LineLimit"/>, and goes on in the next one of the same stream.
    /// </summary>
    public bool IsPartial { get; init; }

    /// <summary>The text of the line.</summary>
    /// <returns><see cref="Text"/>; empty for a default value.</returns>
    public override string ToString() => Text ?? "";
}
