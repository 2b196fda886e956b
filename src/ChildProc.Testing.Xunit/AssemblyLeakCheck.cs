namespace ChildProc.Testing.Xunit;

/// <summary>The check around all tests of an assembly; <see cref="AssertNoLeaksAttribute"/> asks the framework for it.</summary>
public sealed class AssemblyLeakCheck : IAsyncDisposable
{
    private readonly LeakCheck _check;

    /// <summary>Begins it.</summary>
    public AssemblyLeakCheck()
        => _check = LeakCheck.Begin(static options =>
        {
            options.AllFlows = true;
            options.Settle = TimeSpan.FromSeconds(5); // all at once, on a machine that is still busy
        });

    /// <summary>Verifies: all tests are over.</summary>
    /// <returns>The wait.</returns>
    /// <exception cref="LeakException">Something leaks.</exception>
    public ValueTask DisposeAsync() => _check.DisposeAsync();
}
