namespace ChildProc.Tool.Audit;

/// <summary>An event of the library, of those that tell who owns its children: docs/telemetry.md.</summary>
/// <param name="Id">Which.</param>
/// <param name="Numbers">Its numbers, in order.</param>
/// <param name="Text">Its string, or empty.</param>
internal sealed record LibraryEvent(int Id, long[] Numbers, string Text)
{
    internal const string Provider = "ChildProc";
    internal const int SpawnStart = 2, SpawnStop = 3, HandleFinalized = 16, StartedBy = 19, Disposed = 20;

    /// <summary>How many numbers come before the string, if there is one; null for events that no rule asks for.</summary>
    internal static (int Numbers, bool HasText)? Shape(int id) => id switch
    {
        SpawnStart => (1, true),
        SpawnStop => (4, false),
        HandleFinalized or Disposed => (1, false),
        StartedBy => (1, true),
        _ => null,
    };
}
