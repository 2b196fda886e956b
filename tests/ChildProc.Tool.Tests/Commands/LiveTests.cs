using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Commands;

public class LiveTests
{
    private const string Leaky = "exec python3 -c '\nimport os,sys,time\nz=os.fork()\nif z==0: os._exit(0)\nprint(\"ready\",flush=True)\nt=time.time()\nf=[]\nwhile time.time()-t<60:\n  f.append(os.open(\"/dev/null\",0)); time.sleep(0.02)\n'";

    [Fact(Timeout = 120_000)]
    public async Task A_running_process_is_told_its_zombies_and_growing_descriptors()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "python3 is not installed");
        await using IChildProcess target = await ChildProcess.StartAsync(new("sh", "-c", Leaky) { StandardOutput = ChildStdio.Pipe });
        await target.StandardOutput.ReadAsync();
        ToolRun run = await ToolRun.StartAsync("audit", "--pid", $"{target.Id}", "--for", "2s", "--fail-on", "all");
        if (!run.Error.Contains("CPL003", StringComparison.Ordinal))
        {
            // On a busy machine it may have opened nothing between two looks.
            run = await ToolRun.StartAsync("audit", "--pid", $"{target.Id}", "--for", "15s", "--fail-on", "all");
        }

        Assert.Equal(23, run.Status);
        Assert.Contains("CPL002", run.Error, StringComparison.Ordinal);
        Assert.Contains("CPL003", run.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_quiet_process_is_clean_and_its_tree_is_shown()
    {
        await using IChildProcess target = await ChildProcess.StartAsync(new("sh", "-c", "echo ready; sleep 60 | sleep 61") { StandardOutput = ChildStdio.Pipe });
        await target.StandardOutput.ReadAsync();
        while (target.GetDescendantIds().Count(static pid => ChildProc.Interop.ProcStat.Read(pid)?.Name == "sleep") < 2)
            await Task.Delay(2);
        Assert.Equal(0, (await ToolRun.StartAsync("audit", "--pid", $"{target.Id}", "--for", "500ms", "--fail-on", "all")).Status);
        ToolRun tree = await ToolRun.StartAsync("tree", "--pid", $"{target.Id}", "--fds", "--pipes", "--ascii");
        Assert.Contains("|- ", tree.Output, StringComparison.Ordinal);
        Assert.Contains("sleep 61", tree.Output, StringComparison.Ordinal);
        Assert.Matches(@"pipe:\[\d+\]: \d+ at 1, \d+ at 0", tree.Output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_is_not_there_is_an_error() => Assert.Equal(125, (await ToolRun.StartAsync("audit", "--pid", "2147483646")).Status);

    [Fact(Timeout = 60_000)]
    public async Task The_tree_of_a_bundle_is_shown_as_it_was_then()
    {
        string bundle = Paths.Golden("zombie-bundle");
        Assert.Contains("never reaped", (await ToolRun.StartAsync("tree", bundle)).Output, StringComparison.Ordinal);
        Assert.Contains("zombie]", (await ToolRun.StartAsync("tree", bundle, "--at", "200ms")).Output, StringComparison.Ordinal);
        ToolRun pipes = await ToolRun.StartAsync("tree", Paths.Golden("fd.strace"), "--pipes", "--fds", "--at", "10ms");
        Assert.Matches(@"pipe:\[\d+\] \+\d+ ", pipes.Output);
        Assert.Matches(@"fd \d+ pipe:", pipes.Output);
    }
}
