namespace ChildProc;

/// <summary>The stream that a line of output came from.</summary>
public enum OutputSource
{
    /// <summary>Standard output, descriptor 1.</summary>
    StandardOutput = 0,

    /// <summary>Standard error, descriptor 2.</summary>
    StandardError,
}
