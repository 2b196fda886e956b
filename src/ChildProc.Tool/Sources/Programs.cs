namespace ChildProc.Tool.Sources;

/// <summary>What a program said.</summary>
internal sealed record ProgramOutput(int Status, string Output, string Error)
{
    internal string FirstErrorLine => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(static l => l.Trim().Length > 0)?.Trim() ?? $"status {Status}";
}

/// <summary>Programs that the tool asks, before and after the run that it watches; contained by ChildProc.</summary>
internal static class Programs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <param name="name">Looked for in the PATH.</param>
    /// <param name="arguments">Without the name.</param>
    /// <param name="outputFile">Where the standard output goes, if it may be large.</param>
    /// <returns>Status 127 where it could not be started.</returns>
    internal static ProgramOutput Run(string name, string[] arguments, string? outputFile = null)
    {
        using CancellationTokenSource patience = new(s_patience);
        try
        {
            ChildProcessStartInfo info = new(name, arguments) { StandardInput = ChildStdio.Null };
            if (outputFile is not null)
                info = new(info) { StandardOutput = ChildStdio.File(outputFile) };
            CapturedResult result = ChildProcess.CaptureAsync(info, patience.Token).GetAwaiter().GetResult();
            return new(result.Status.Code ?? 128, outputFile is null ? result.StandardOutput : "", result.StandardError);
        }
        catch (Exception e) when (e is ChildProcessStartException or OperationCanceledException or PlatformNotSupportedException)
        {
            return new(127, "", e.Message);
        }
    }
}
