using System.Reflection;
using System.Runtime.Versioning;
using ChildProc.Tests.Infrastructure;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestFramework(typeof(LocalTests))]

namespace ChildProc.Tests.Infrastructure;

/// <summary>
/// Discovers the tests that are for this machine's system, so that a skip always tells of something that this machine lacks.
/// Explicit tests are samples that other tests run: they are there for whoever sets the variable.
/// </summary>
internal sealed class LocalTests(string? configuration) : XunitTestFramework(configuration)
{
    internal const string Samples = "CHILDPROC_TEST_SAMPLES";

    public LocalTests()
        : this(null)
    {
    }

    protected override ITestFrameworkDiscoverer CreateDiscoverer(Assembly assembly)
        => new Discoverer(((XunitTestFrameworkDiscoverer)base.CreateDiscoverer(assembly)).TestAssembly);

    private static bool IsHere(MethodInfo test)
        => IsFor(test) && IsFor(test.DeclaringType!)
            && !(OperatingSystem.IsWindows() && IsIn(NotOnWindows.Names, test))
            && (OperatingSystem.IsLinux() || !IsIn(OnLinuxAlone.Names, test))
            && (test.GetCustomAttribute<FactAttribute>()?.Explicit != true || Environment.GetEnvironmentVariable(Samples) is not null);

    private static bool IsIn(IEnumerable<string> beginnings, MethodInfo test)
    {
        string name = $"{test.DeclaringType!.FullName}.{test.Name}";
        return beginnings.Any(beginning => name.StartsWith($"ChildProc.Tests.{beginning}", StringComparison.Ordinal));
    }

    private static bool IsFor(MemberInfo member)
        => member.GetCustomAttributes<SupportedOSPlatformAttribute>().Select(static a => a.PlatformName).ToArray() is var systems
            && (systems.Length == 0 || Array.Exists(systems, OperatingSystem.IsOSPlatform));

    private sealed class Discoverer(IXunitTestAssembly assembly) : XunitTestFrameworkDiscoverer(assembly)
    {
        protected override ValueTask<bool> FindTestsForMethod(IXunitTestMethod method, ITestFrameworkDiscoveryOptions options, Func<ITestCase, ValueTask<bool>> found)
            => IsHere(method.Method) ? base.FindTestsForMethod(method, options, found) : new(true);
    }
}
