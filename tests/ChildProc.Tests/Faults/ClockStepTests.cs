using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Faults;

/// <summary>A wall clock that is set while children run.</summary>
public sealed class ClockStepTests
{
    // Every second look is two hours later than the one before, and the next one two hours earlier again.
    private const string Jumping = """
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t clock, struct timespec *time)
        {
            static int looks;
            int result = (int)syscall(SYS_clock_gettime, clock, time);
            if (clock == CLOCK_REALTIME)
                time->tv_sec += __atomic_fetch_add(&looks, 1, __ATOMIC_RELAXED) % 2 ? 7200 : 0;
            return result;
        }
        """;

    [Fact(Timeout = 90_000)]
    public async Task No_grace_and_no_drain_time_follows_the_wall_clock()
    {
        string compiler = RealProgram.Find("cc", "gcc", "clang");
        using TemporaryDirectory directory = TemporaryDirectory.ForPrograms();
        string source = directory.Write("clock.c", Jumping), library = directory["clock.so"];
        (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(compiler, "-shared", "-fPIC", "-O1", "-o", library, source))).EnsureSuccess();
        (int code, string text) = await HostProcess.RunAsync([], new Dictionary<string, string> { ["LD_PRELOAD"] = library }, ["clock-steps"]);
        Assert.Equal((0, "jumps True\ngrace right\ndrain right\nstart 5"), (code, text));
    }
}
