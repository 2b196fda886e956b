using System.Globalization;
using Xunit.v3;

namespace ChildProc.Tests.Infrastructure;

/// <summary>
/// A test that does the same thing very often. It has the trait Category=Soak and a brief length; where the variable is set to a
/// number, as .ci/run and .ci/nightly do, it has its whole length, that many times.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class SoakAttribute : Attribute, ITraitAttribute
{
    private static readonly int s_factor = int.Parse(Environment.GetEnvironmentVariable("CHILDPROC_TEST_SOAK") ?? "0", CultureInfo.InvariantCulture);

    internal static bool IsWhole => s_factor > 0;

    internal static int Times(int brief, int whole) => IsWhole ? whole * s_factor : brief;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Category", "Soak")];
}
