namespace ChildProc.Testing;

/// <summary>Something that was left behind and is no fault, with the reason.</summary>
/// <param name="Leak">What it is.</param>
/// <param name="Because">Why it is ignored.</param>
public sealed record IgnoredLeak(Leak Leak, string Because);
