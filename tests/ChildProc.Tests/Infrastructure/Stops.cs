namespace ChildProc.Tests.Infrastructure;

internal static class Stops
{
    /// <summary>A stop whose outcome is the child's alone: no grace that a busy machine could outlast.</summary>
    internal static StopPolicy Patient { get; } = new(ChildSignal.Terminate, TimeSpan.FromHours(1));
}
