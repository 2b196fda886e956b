namespace ChildProc;

/// <summary>One line of a pipeline's output.</summary>
/// <param name="Text">The line, decoded, without its line end.</param>
/// <param name="Source">The stream that it came from.</param>
/// <param name="Stage">The index of the stage that wrote it; for standard output always that of the last one.</param>
/// <remarks>Lines of one stream keep their order; between streams the order is that of arrival.</remarks>
public readonly record struct PipelineLine(string Text, OutputSource Source, int Stage)
{
    /// <summary>
    /// The line is longer than <see cref="ChildProcessStartInfo.LineLimit"/>, and goes on in the next one of the same stream.
    /// </summary>
    public bool IsPartial { get; init; }

    /// <summary>The text of the line.</summary>
    /// <returns><see cref="Text"/>; empty for a default value.</returns>
    public override string ToString() => Text ?? "";
}
