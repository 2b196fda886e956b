using System.Reflection;

namespace ChildProc.Tests.Infrastructure;

public sealed class LocalTestsTests
{
    [Fact(Timeout = 30_000)]
    public void Every_beginning_in_the_lists_is_that_of_a_test()
    {
        string[] tests =
        [
            .. typeof(LocalTestsTests).Assembly.GetTypes().SelectMany(static type => type.GetMethods())
                .Where(static method => method.GetCustomAttribute<FactAttribute>() is not null)
                .Select(static method => $"{method.DeclaringType!.FullName}.{method.Name}"),
        ];
        Assert.All(
            NotOnWindows.Names.Concat(OnLinuxAlone.Names),
            beginning => Assert.Contains(tests, test => test.StartsWith($"ChildProc.Tests.{beginning}", StringComparison.Ordinal)));
    }
}
