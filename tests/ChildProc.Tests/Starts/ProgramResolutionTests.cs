using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

public sealed class ProgramResolutionTests : IDisposable
{
    private const int ENOENT = 2, ENOEXEC = 8, EACCES = 13;

    private readonly TemporaryDirectory _directory = TemporaryDirectory.ForPrograms();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task The_path_is_the_childs()
    {
        Script("found", "#!/bin/sh\necho here\n");
        ChildProcessStartInfo info = new("found") { Environment = new Dictionary<string, string?> { ["PATH"] = "/nonexistent:" + _directory.Path } };
        Assert.Equal("here\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
        AssertFails(new ChildProcessStartInfo("found"), StartStage.Resolve, ENOENT);
    }

    [Fact]
    public void The_current_directory_and_empty_entries_are_never_searched()
    {
        Script("hidden", "#!/bin/sh\nexit 0\n");
        foreach (string path in new[] { "", ":", ".", ":/nonexistent:", ".:..", "relative" })
        {
            AssertFails(
                new ChildProcessStartInfo("hidden") { WorkingDirectory = _directory.Path, Environment = new Dictionary<string, string?> { ["PATH"] = path } },
                StartStage.Resolve,
                ENOENT);
        }
    }

    [Fact]
    public void A_file_that_may_not_be_executed_is_told_apart_from_a_missing_one()
    {
        File.WriteAllText(_directory["data"], "x");
        string path = _directory.Path + ":/nonexistent";
        AssertFails(new ChildProcessStartInfo("data") { Environment = new Dictionary<string, string?> { ["PATH"] = path } }, StartStage.Execute, EACCES);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_later_entry_of_the_path_serves_when_an_earlier_one_may_not_be_executed()
    {
        File.WriteAllText(_directory["tool"], "x");
        DirectoryInfo second = Directory.CreateDirectory(_directory["second"]);
        string script = Path.Combine(second.FullName, "tool");
        File.WriteAllText(script, "#!/bin/sh\nexit 7\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ChildProcessStartInfo info = new("tool") { Environment = new Dictionary<string, string?> { ["PATH"] = $"{_directory.Path}:{second.FullName}" } };
        Assert.Equal(7, (await ChildProcess.RunAsync(info)).Status.Code);
    }

    [Fact]
    public void A_file_of_unknown_format_is_never_given_to_a_shell()
        => AssertFails(new ChildProcessStartInfo(Script("plain", "echo never\n")), StartStage.Execute, ENOEXEC);

    [Fact]
    public void A_missing_interpreter_is_told_apart_from_a_missing_program()
    {
        ChildProcessStartException e = AssertFails(new ChildProcessStartInfo(Script("bad", "#!/nonexistent/sh\n")), StartStage.Execute, ENOENT);
        Assert.Contains("interpreter", e.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_relative_path_starts_from_the_hosts_directory_and_not_the_childs()
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, Puppet.Path);
        Assert.False(Path.IsPathRooted(relative));
        ChildProcessStartInfo info = new(relative, "cwd") { WorkingDirectory = _directory.Path };
        Assert.Equal(_directory.Path + "\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
    }

    [Fact(Timeout = 120_000)]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] arguments = ["", " ", "a b", "\"q\"", "'", "\\", "$HOME", "*", "ü€𐍈", "-x", "a\nb"];
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(Puppet.Path, ["args", .. arguments]) { ArgumentZero = "other" });
        List<string> expected = ["argv0=other"];
        for (int i = 0; i < arguments.Length; i++)
        {
            expected.Add($"arg[{i}]={arguments[i]}");
        }

        Assert.Equal(string.Join('\n', expected) + "\n", result.StandardOutput);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_was_written_a_moment_ago_starts()
    {
        // Another start's clone may hold the file open for writing until its exec: ETXTBSY must not surface.
        byte[] program = await File.ReadAllBytesAsync(Puppet.Path); // which is whatever it is called, unlike a true of busybox
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 25; i++)
            {
                string path = _directory[$"fresh-{worker}-{i}"];
                FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = (UnixFileMode)0b111_000_000 };
                await using (FileStream file = new(path, options))
                {
                    await file.WriteAsync(program);
                }

                Assert.True((await ChildProcess.RunAsync(new ChildProcessStartInfo(path, "exit", "0"))).Status.IsSuccess);
                File.Delete(path);
            }
        })));
    }

    private string Script(string name, string text)
    {
        string path = _directory[name];
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private static ChildProcessStartException AssertFails(ChildProcessStartInfo info, StartStage stage, int error)
    {
        ChildProcessStartException e = Assert.Throws<ChildProcessStartException>(() => ChildProcess.Start(info).Dispose());
        Assert.Equal((stage, error), (e.Stage, e.NativeErrorCode));
        Assert.Equal(info.FileName, e.FileName);
        return e;
    }
}
