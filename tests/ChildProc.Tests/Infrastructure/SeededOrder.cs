using System.Globalization;
using ChildProc.Tests.Infrastructure;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(SeededOrder))]
[assembly: TestMethodOrderer(typeof(SeededOrder))]
[assembly: TestCaseOrderer(typeof(SeededOrder))]

namespace ChildProc.Tests.Infrastructure;

/// <summary>The framework's order, which is always the same, or another one for each number in the variable.</summary>
internal sealed class SeededOrder : ITestCollectionOrderer, ITestMethodOrderer, ITestCaseOrderer
{
    private static readonly int? s_seed = Environment.GetEnvironmentVariable("CHILDPROC_TEST_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
        where T : ITestCollection
        => s_seed is null ? DefaultTestCollectionOrderer.Instance.OrderTestCollections(testCollections) : Shuffle(testCollections);

    public IReadOnlyCollection<T?> OrderTestMethods<T>(IReadOnlyCollection<T?> testMethods)
        where T : notnull, ITestMethod
        => s_seed is null ? DefaultTestMethodOrderer.Instance.OrderTestMethods(testMethods) : Shuffle(testMethods);

    public IReadOnlyCollection<T> OrderTestCases<T>(IReadOnlyCollection<T> testCases)
        where T : notnull, ITestCase
        => s_seed is null ? DefaultTestCaseOrderer.Instance.OrderTestCases(testCases) : Shuffle(testCases);

    private static T[] Shuffle<T>(IReadOnlyCollection<T> tests)
    {
        T[] order = [.. tests];
        new Random(s_seed!.Value).Shuffle(order);
        return order;
    }
}
