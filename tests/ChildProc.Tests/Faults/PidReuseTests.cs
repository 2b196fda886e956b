using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Faults;

/// <summary>Numbers of processes that come again.</summary>
public sealed class PidReuseTests
{
    [Fact(Timeout = 90_000)]
    public async Task A_number_that_came_again_is_nobodys_of_an_earlier_child()
    {
        (int code, string text) = await HostProcess.RunAsync(["few-pids"], "pid-reuse", "400");
        Assert.SkipWhen(code == 77, "no PID namespace with numbers of its own (Linux 6.14)");
        Assert.Equal((0, "reused True, wrong 0, heard 0"), (code, text));
    }
}
