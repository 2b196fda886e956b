using ChildProc.Tests.Infrastructure;
using Mono.Unix.Native;

namespace ChildProc.Tests.Starts;

public sealed class PathSearchTests : IDisposable
{
    private readonly TemporaryDirectory _directory = TemporaryDirectory.ForPrograms();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Entries_that_cannot_hold_a_program_are_passed_over()
    {
        string file = _directory["file"], loop = _directory["loop"], good = _directory["good"];
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(loop, loop);
        Directory.CreateDirectory(_directory["holds-a-directory/tool"]);
        Directory.CreateDirectory(good);
        File.Copy(Puppet.Path, Path.Combine(good, "tool"));
        string path = string.Join(':', file, loop, "/nonexistent", _directory["holds-a-directory"], good);
        ChildProcessStartInfo info = new("tool", "exit", "8") { Environment = new Dictionary<string, string?> { ["PATH"] = path } };
        Assert.Equal(8, (await ChildProcess.RunAsync(info)).Status.Code);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_directory_that_one_may_not_enter_hides_nothing()
    {
        Assert.SkipWhen(Syscall.geteuid() == 0, "root may enter every directory");
        string shut = Directory.CreateDirectory(_directory["shut"]).FullName;
        File.Copy(Puppet.Path, Path.Combine(shut, "tool"));
        File.SetUnixFileMode(shut, UnixFileMode.None);
        try
        {
            ChildProcessStartInfo info = new("tool") { Environment = new Dictionary<string, string?> { ["PATH"] = shut } };
            ChildProcessStartException searched = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(info));
            Assert.Equal((StartStage.Resolve, 2 /* ENOENT */), (searched.Stage, searched.NativeErrorCode));
            ChildProcessStartException named = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(new(Path.Combine(shut, "tool"))));
            Assert.Equal((StartStage.Execute, 13 /* EACCES */), (named.Stage, named.NativeErrorCode));
        }
        finally
        {
            File.SetUnixFileMode(shut, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_search_that_meets_nothing_but_a_directory_is_denied_and_not_missing()
    {
        Directory.CreateDirectory(_directory["tool"]);
        ChildProcessStartInfo info = new("tool") { Environment = new Dictionary<string, string?> { ["PATH"] = _directory.Path + ":/nonexistent" } };
        ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(info));
        Assert.Equal((StartStage.Execute, 13 /* EACCES */), (e.Stage, e.NativeErrorCode));
    }
}
