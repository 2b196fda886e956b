using System.Text.Json;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Run;

/// <summary>Real programs that leak nothing, with every kind of leak failing.</summary>
public class CleanProgramsTests
{
    private const string Makefile = "all: a b c\n\t@cat a b c > out\na b c:\n\t@sh -c 'sleep 0.02; echo $@ > $@'\nagain: ; @$(MAKE) -C . clean all\nclean: ; @rm -f a b c out\n";

    public static TheoryData<string, string> Programs => new()
    {
        { "make", "make -j3 all" },
        { "recursive make", "make -j3 again" },
        { "git", "git init -q . && git add Makefile && git -c user.name=a -c user.email=b commit -qm x && git status --short" },
        { "pipeline of sh", "seq 1000 | sort -rn | head -n 3 | cat" },
        { "jobs of bash", "exec bash -c 'for i in 1 2 3; do (sleep 0.02; echo $i) & done; wait; x=$(echo a | tr a b); cat <(echo $x) <<<q'" },
        { "compiler", "echo 'int main(void){return 0;}' > m.c && gcc -O1 -o m m.c && ./m" },
        { "find and xargs", "find . -name 'M*' | xargs -n 1 -P 2 wc -l" },
        { "tar", "tar czf x.tgz Makefile && tar tzf x.tgz" },
        { "perl", "exec perl -e 'print `echo hi`; system(\"true\"); open(F,\"echo x|\"); <F>; close F;'" },
        { "host with System.Diagnostics.Process", $"exec {Paths.LeakHost} process" },
        { "host with ChildProc", $"exec {Paths.LeakHost} childproc" },
    };

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Programs))]
    public async Task A_program_that_leaks_nothing_gives_no_finding(string name, string script)
    {
        ToolRun.SkipWithoutStrace();
        await IsCleanAsync("auto,strace", name, script);
    }

    /// <summary>As in a container without privileges, where nobody tells of births and ends.</summary>
    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Programs))]
    public Task Nor_where_there_are_only_looks(string name, string script) => IsCleanAsync("sub,proc", name, script);

    /// <summary>The keepers of ChildProc are not dumpable, so the strace of a user may not read what they are told by pointers.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Nor_where_strace_may_not_read_the_memory()
    {
        ToolRun.SkipWithoutStrace();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may become another user");
        using TempDirectory home = new();
        File.SetUnixFileMode(home["."], (UnixFileMode)0b111_111_111);
        CapturedResult result = await ChildProcess.CaptureAsync(new("setpriv",
            "--reuid=65534", "--regid=65534", "--clear-groups", Paths.Tool, "run", "-v", "--sources", "auto,strace", "--fail-on", "all", "--strict", "--", Paths.LeakHost, "childproc")
        {
            Environment = new Dictionary<string, string?> { ["HOME"] = home["."] },
        });
        Assert.True(result.Status.Code == 0, result.StandardError);
        Assert.Contains(": clean: ", result.StandardError, StringComparison.Ordinal);
        Assert.Contains(" + 0 never reaped + 0 alive", result.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("zombie", result.StandardError, StringComparison.Ordinal);
    }

    private static async Task IsCleanAsync(string sources, string name, string script)
    {
        string program = name.Split(' ')[0] switch { "make" or "recursive" => "make", "git" => "git", "perl" => "perl", "jobs" => "bash", "compiler" => "gcc", _ => "sh" };
        Assert.SkipUnless(File.Exists("/usr/bin/" + program) || File.Exists("/bin/" + program), $"{program} is not installed");
        using TempDirectory directory = new();
        File.WriteAllText(directory["Makefile"], Makefile);
        (ToolRun run, JsonElement report) = await ToolRun.WatchAsync(["--sources", sources, "--settle", "30s", "--fail-on", "all"], "sh", "-c", $"cd {directory["."]} && {script}");
        Assert.True(run.Status == 0, run.Error);
        Assert.DoesNotContain(report.GetProperty("findings").EnumerateArray(), static f => f.GetProperty("severity").GetString() != "note");
        Assert.Equal("clean", report.GetProperty("verdict").GetString());
    }
}
