using ChildProc.Testing.Tests.Infrastructure;
using ChildProc.Testing.Xunit;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Testing.Tests.Xunit;

/// <summary>Tests that <see cref="AssertNoLeaksTests"/> runs in a process of their own, to see what the framework makes of them.</summary>
public sealed class Samples
{
    [Fact(Explicit = true)]
    public async Task Leaks()
    {
        Kept.Children.Add(await ChildProcess.StartAsync(Puppet.Info("pause")));
    }

    [Fact(Explicit = true)]
    public async Task Leaks_and_fails()
    {
        Kept.Children.Add(await ChildProcess.StartAsync(Puppet.Info("pause")));
        Assert.Fail("the first failure");
    }

    [Fact(Explicit = true)]
    public async Task Is_clean() => await ChildProcess.RunAsync(Puppet.Info("exit", "0"), TestContext.Current.CancellationToken);

    [Fact(Explicit = true)]
    [AllowLeaks("it is the point")]
    public async Task Drops_on_purpose() => await ChildProcess.StartAsync(Puppet.Info("exit", "0"));

    [Fact(Explicit = true)]
    public void Leaves_a_zombie() => Kept.Raw.Add(RawChild.StartAndEnd("/bin/true"));

    private static class Kept
    {
        internal static List<IChildProcess> Children { get; } = [];

        internal static List<RawChild> Raw { get; } = [];
    }
}

/// <summary>As <see cref="Samples"/>: its child is disposed after the test.</summary>
public sealed class DisposingSamples : IAsyncDisposable
{
    private IChildProcess? _child;

    [Fact(Explicit = true)]
    public async Task Is_disposed_later() => _child = await ChildProcess.StartAsync(Puppet.Info("pause"));

    [Fact(Explicit = true)]
    public async Task Drops_another()
    {
        _child = await ChildProcess.StartAsync(Puppet.Info("pause"));
        await ChildProcess.StartAsync(Puppet.Info("exit", "0"));
    }

    public ValueTask DisposeAsync() => _child!.DisposeAsync();
}
