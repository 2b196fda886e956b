namespace ChildProc;

/// <summary>A limit on one resource of a child; descendants inherit it. See setrlimit(2).</summary>
/// <param name="Kind">The resource.</param>
/// <param name="Soft">The limit in force, in the unit of <paramref name="Kind"/>; at most <paramref name="Hard"/>.</param>
/// <param name="Hard">The ceiling up to which the child may raise <paramref name="Soft"/>, in the same unit.</param>
public readonly record struct ResourceLimit(ResourceLimitKind Kind, ulong Soft, ulong Hard)
{
    /// <summary>No limit (RLIM_INFINITY).</summary>
    public const ulong Unlimited = ulong.MaxValue;
}
