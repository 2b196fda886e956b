using System.Collections.Concurrent;
using System.Reflection;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace ChildProc.Testing.Xunit;

/// <summary>
/// On an assembly: checks every test for what it leaks, and the whole process when all tests are over. On a class or method: checks
/// these tests.
/// </summary>
/// <remarks>
/// <para>
/// A test that passes and leaks fails with a <see cref="LeakException"/>. A test that fails keeps its failure, and the leaks are
/// added as a warning. A test is checked for the children that its own flow started; where no other test runs at the same time
/// (<c>DisableParallelization</c> of its collection, or of the assembly), for processes, descriptors and threads, too.
/// </para>
/// <para>
/// Tests of a class with <c>Dispose</c> or <c>DisposeAsync</c> are checked at the end of the assembly only: the framework calls
/// these after the check. There everything is looked at, whoever started it. A test that runs into its <c>Timeout</c> is checked
/// there, too.
/// </para>
/// </remarks>
[AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Class | AttributeTargets.Method)]
public sealed class AssertNoLeaksAttribute : Attribute, IBeforeAfterTestAttribute, IAssemblyFixtureAttribute
{
    private readonly ConcurrentDictionary<string, LeakCheck> _open = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Type AssemblyFixtureType => typeof(AssemblyLeakCheck);

    /// <inheritdoc/>
    public void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        ArgumentNullException.ThrowIfNull(test);
        _open[test.UniqueID] = LeakCheck.Begin(options =>
        {
            options.ProcessWide = IsAlone(test);
            options.Settle = AllowLeaksAttribute.Of(methodUnderTest) is null ? options.Settle : TimeSpan.Zero;
        });
    }

    /// <inheritdoc/>
    /// <exception cref="LeakException">The test passed, and something leaks.</exception>
    public void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        ArgumentNullException.ThrowIfNull(test);
        if (!_open.TryRemove(test.UniqueID, out LeakCheck? check))
        {
            return;
        }

        LeakReport? report = null;
        try
        {
            if (!CleansUpLater(test))
            {
                report = check.InspectAsync().AsTask().GetAwaiter().GetResult(); // the framework cannot await here
            }
        }
        finally
        {
            check.End();
        }

        if (report is { IsClean: false } && AllowLeaksAttribute.Of(methodUnderTest) is null)
        {
            Tell(report);
        }
    }

    private static void Tell(LeakReport report)
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.AddWarning(report.ToString());
            return;
        }

        throw new LeakException(report);
    }

    // The mode that a runner is given on its command line cannot be seen here: it must not be the weaker one.
    private static bool IsAlone(IXunitTest test)
    {
        IXunitTestCollection collection = test.TestCase.TestMethod.TestClass.TestCollection;
        ParallelMode mode = collection.TestAssembly.ParallelMode ?? ParallelMode.Collections;
        return mode == ParallelMode.None || collection.DisableParallelization || (mode == ParallelMode.All && test.DisableParallelization);
    }

    private static bool CleansUpLater(IXunitTest test)
        => test.TestCase.TestMethod.TestClass.Class is var type
            && (type.IsAssignableTo(typeof(IDisposable)) || type.IsAssignableTo(typeof(IAsyncDisposable)));
}
