using ChildProc.Engines;
using ChildProc.Engines.Direct.Darwin;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>The macOS engine over a scripted kernel. At its end nothing may be left: no descriptor, no zombie, no thread.</summary>
internal sealed class DarwinBench : IAsyncDisposable
{
    internal DarwinBench()
    {
        Kernel = new ScriptedKernel();
        Platform = new DarwinPlatform(Kernel);
        Engine = new DarwinEngine(Platform, Log);
    }

    internal ScriptedKernel Kernel { get; }

    internal DarwinPlatform Platform { get; }

    internal DarwinEngine Engine { get; }

    internal TestLog Log { get; } = new();

    /// <summary>The watchdog's shell, 0 before the first start.</summary>
    internal int Shell => Kernel.ChildrenOfHost.Find(pid => Kernel[pid].Path == "/bin/sh");

    internal static ChildProcessStartInfo Info(params string[] arguments) => new("/bin/program", arguments)
    {
        StandardInput = ChildStdio.Null,
        StandardOutput = ChildStdio.Null,
        StandardError = ChildStdio.Null,
    };

    internal DarwinTree Start(ChildProcessStartInfo? info = null) => (DarwinTree)Engine.Start(Engine.Prepare(info ?? Info()));

    internal ChildProcessStartException Fails(ChildProcessStartInfo? info = null) => Assert.Throws<ChildProcessStartException>(() => Start(info));

    internal static async Task<ExitStatus> EndOf(ProcessTree tree)
    {
        ExitStatus status = await tree.WhenExited().WaitAsync(Eventually.Patience);
        await tree.WhenEmpty().WaitAsync(Eventually.Patience);
        return status;
    }

    /// <summary>A line about a process comes before another one.</summary>
    internal void InOrder(params string[] calls)
    {
        string[] all = Kernel.CallsNow;
        int at = -1;
        foreach (string call in calls)
        {
            int found = Array.FindIndex(all, at + 1, line => line == call);
            Assert.True(found > at, $"'{call}' is not where it belongs in: {string.Join(", ", all)}");
            at = found;
        }
    }

    public ValueTask DisposeAsync()
    {
        Platform.Dispose();
        Assert.Empty(Kernel.OpenDescriptors);
        Assert.Empty(Kernel.ChildrenOfHost);
        Assert.Empty(Engine.Trees());
        return ValueTask.CompletedTask;
    }
}
