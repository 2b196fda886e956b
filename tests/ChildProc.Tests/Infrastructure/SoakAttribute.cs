using Xunit.v3;

namespace ChildProc.Tests.Infrastructure;

/// <summary>
/// A test that does the same thing very often. It has the trait Category=Soak and two lengths: a brief one, and the whole where the
/// variable says so, as in the soaks of .ci/run and .ci/nightly.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class SoakAttribute : Attribute, ITraitAttribute
{
    internal static bool IsWhole { get; } = Environment.GetEnvironmentVariable("CHILDPROC_TEST_SOAK") is "1";

    internal static int Times(int brief, int whole) => IsWhole ? whole : brief;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Category", "Soak")];
}
