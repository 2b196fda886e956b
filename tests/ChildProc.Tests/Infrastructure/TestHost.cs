namespace ChildProc.Tests.Infrastructure;

/// <summary>Hosts with a guardian of their own, for tests that do it harm.</summary>
internal static class TestHost
{
    internal static IChildProcessHost Create(out TestLog log)
    {
        log = new TestLog();
        return ChildProcessHost.Create(new ChildProcessHostOptions { LoggerFactory = log, Containment = UnderTest.Asked });
    }

    internal static IChildProcessHost Create() => Create(out _);
}
