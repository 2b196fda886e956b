using System.Globalization;
using System.Runtime.Versioning;
using ChildProc.Testing.Proc;

namespace ChildProc.Testing.Rules;

/// <summary>
/// Descriptors that were not open before. Those of undisposed children are these children's matter, and those that the library
/// keeps for the life of the process are no leak.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class DescriptorRule
{
    internal static IEnumerable<Leak> Find(Snapshot before)
    {
        OpenDescriptor[] open = [.. OwnProcess.Descriptors()];
        HashSet<int> known = [.. ChildProcessDiagnostics.GetKeptDescriptors(), .. ChildProcessDiagnostics.GetChildren().SelectMany(static e => e.Descriptors)];

        // The runtime's console keeps copies of the standard streams, from their first use on.
        HashSet<string> standard = [.. open.Where(static d => d.Number <= 2).Select(static d => d.Target)];
        return open
            .Where(d => !before.Has(d) && !known.Contains(d.Number) && !standard.Contains(d.Target))
            .Select(static d => new Leak(LeakKind.Descriptor, d.Target, string.Create(CultureInfo.InvariantCulture, $"descriptor {d.Number}: {d.Target}")));
    }
}
