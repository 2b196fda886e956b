using System.Runtime.CompilerServices;

namespace ChildProc.Tests.Infrastructure;

/// <summary>The containment that this run of the suite is about: the variable below, or else the platform's best.</summary>
internal static class UnderTest
{
    internal const string Variable = "CHILDPROC_TEST_CONTAINMENT";

    internal static Containment Asked { get; } = Enum.Parse<Containment>(Environment.GetEnvironmentVariable(Variable) ?? nameof(Containment.Tree));

    internal static ChildProcessHostOptions Options { get; } = new() { Containment = Asked };

    /// <summary>Daemons belong to a tree, too.</summary>
    internal static bool HoldsWholeTree => Asked == Containment.Tree && ChildProcessHost.GetCapabilities().HoldsWholeTree;

    [ModuleInitializer]
    internal static void Configure() => ChildProcessHost.Configure(Options);
}

/// <summary>What a test needs of the containment; where that is missing, it is skipped with the reason.</summary>
internal static class Requires
{
    /// <summary>Daemons and what has left the group and its parents are held, too.</summary>
    internal static void WholeTree() => Assert.SkipUnless(UnderTest.HoldsWholeTree, "a process group does not hold what has left it and lost its parent");

    /// <summary>The test is about guardian and supervisors themselves. On Windows it is not there: NotOnWindows.</summary>
    internal static void Keepers()
        => Assert.SkipUnless(UnderTest.Asked == Containment.Tree && OperatingSystem.IsLinux(), "there is no guardian under this containment");
}
