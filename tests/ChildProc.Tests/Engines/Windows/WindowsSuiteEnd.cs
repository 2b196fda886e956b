using ChildProc.Engines.Windows;
using ChildProc.Tests.Engines.Windows;
using ChildProc.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(WindowsSuiteEnd))]

namespace ChildProc.Tests.Engines.Windows;

/// <summary>On Windows, where leak checks see no processes yet: when all tests are over, the test process has no child left.</summary>
public sealed class WindowsSuiteEnd : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        if (!OperatingSystem.IsWindows())
        {
            return;
        }

        // A console has a process of its own, which is nobody's child on Windows and everybody's under Wine.
        List<string?> left;
        long deadline = Environment.TickCount64 + 10_000;
        do
        {
            left = WindowsProcesses.ChildrenOf(Environment.ProcessId).ConvertAll(ProcessName.Describe);
            left.RemoveAll(static name => name?.EndsWith(" conhost.exe", StringComparison.Ordinal) != false);
            await Task.Delay(2, CancellationToken.None);
        }
        while (left.Count > 0 && Environment.TickCount64 < deadline);
        Assert.Empty(left);
    }
}
