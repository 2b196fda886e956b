using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Stdio;

/// <summary>Files that the host opens and the child itself writes or reads.</summary>
public sealed class FileStdioTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("childproc-file");
    private readonly string _path;

    public FileStdioTests() => _path = Path.Combine(_directory.FullName, "file");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory(Timeout = 60_000)]
    [InlineData(null, "new\n")]
    [InlineData(FileMode.Create, "new\n")]
    [InlineData(FileMode.Append, "an old text\nnew\n")]
    [InlineData(FileMode.OpenOrCreate, "new\nld text\n")]
    public async Task Each_mode_treats_what_is_there_in_its_way(FileMode? mode, string expected)
    {
        foreach (bool tee in (bool[])[false, true])
        {
            await File.WriteAllTextAsync(_path, "an old text\n", TestContext.Current.CancellationToken);
            ChildStdio file = ChildStdio.File(_path, mode);
            Assert.True((await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("print", "new")) { StandardOutput = tee ? ChildStdio.Tee(file) : file })).Status.IsSuccess);
            Assert.Equal(expected, await File.ReadAllTextAsync(_path, TestContext.Current.CancellationToken));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_must_be_new_and_is_not_stays_as_it_was_and_nothing_starts()
    {
        using Marker marker = Marker.Create();
        await File.WriteAllTextAsync(_path, "old", TestContext.Current.CancellationToken);
        foreach (ChildStdio output in (ChildStdio[])[ChildStdio.File(_path, FileMode.CreateNew), ChildStdio.Tee(ChildStdio.File(_path, FileMode.CreateNew))])
        {
            ChildProcessStartException e = await Assert.ThrowsAsync<ChildProcessStartException>(() => ChildProcess.RunAsync(new ChildProcessStartInfo(marker.Mark(Puppet.Info("pause"))) { StandardError = output }));
            Assert.Equal((StartStage.StandardStreams, 17 /* EEXIST */), (e.Stage, e.NativeErrorCode));
        }

        Assert.Equal("old", await File.ReadAllTextAsync(_path, TestContext.Current.CancellationToken));
        marker.AssertGone();
    }

    [Fact(Timeout = 60_000)]
    public async Task Children_that_append_to_one_file_at_once_lose_nothing()
    {
        const int Count = 5000;
        ChildProcessStartInfo info = new(Puppet.Info("chatty", "10000")) { StandardOutput = ChildStdio.File(_path, FileMode.Append), StandardError = ChildStdio.Null };
        ChildProcessStartInfo teed = new(info) { StandardOutput = ChildStdio.Tee(ChildStdio.File(_path, FileMode.Append)) };
        await Task.WhenAll(ChildProcess.RunAsync(info), ChildProcess.RunAsync(info), ChildProcess.RunAsync(teed));
        string[] lines = await File.ReadAllLinesAsync(_path, TestContext.Current.CancellationToken);
        long bytes = 3L * Enumerable.Range(0, Count).Sum(static i => $"chat {2 * i}\n".Length);
        Assert.Equal(bytes, new FileInfo(_path).Length);
        Assert.All(lines.GroupBy(static l => l).Where(static g => g.Key == "chat 0" || g.Key == "chat 9998"), static g => Assert.InRange(g.Count(), 2, 3)); // a tee's may be cut by another's
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_and_error_by_one_handle_share_their_offset()
    {
        using (SafeFileHandle file = Create())
        {
            ChildStdio handle = ChildStdio.Handle(file);
            await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("chatty", "1000")) { StandardOutput = handle, StandardError = handle });
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(static i => $"chat {i}"), await File.ReadAllLinesAsync(_path, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tee_writes_behind_what_others_wrote_by_the_same_handle()
    {
        using (SafeFileHandle file = Create())
        {
            ChildStdio handle = ChildStdio.Handle(file), tee = ChildStdio.Tee(handle, ChildStdio.Null);
            foreach ((ChildStdio output, string text) in (IEnumerable<(ChildStdio, string)>)[(tee, "first"), (tee, "second"), (handle, "third"), (tee, "fourth")])
            {
                Assert.True((await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("print", text)) { StandardOutput = output })).Status.IsSuccess);
            }

            // One stream by tee, one by itself, at the same time: the order is nobody's, but every line is there.
            await ChildProcess.RunAsync(new ChildProcessStartInfo(Puppet.Info("chatty", "2000")) { StandardOutput = tee, StandardError = handle });
        }

        string text1 = await File.ReadAllTextAsync(_path, TestContext.Current.CancellationToken);
        Assert.StartsWith("first\nsecond\nthird\nfourth\n", text1, StringComparison.Ordinal);
        Assert.Equal(26 + Enumerable.Range(0, 2000).Sum(static i => $"chat {i}\n".Length), text1.Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tee_of_an_inherited_output_that_is_a_file_overwrites_nothing()
    {
        ChildProcessStartInfo host = new(Puppet.HostPath, "tee-to-output", Puppet.Path, "flood-lines", "2") { StandardOutput = ChildStdio.File(_path) };
        Assert.Equal(2, (await ChildProcess.RunAsync(host)).Status.Code);
        Assert.Equal("before\nline 0\nline 1\nafter line 0, line 1\n", await File.ReadAllTextAsync(_path, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tee_of_an_inherited_output_that_is_closed_swallows_as_inheriting_it_would()
    {
        (int code, _) = await HostProcess.RunAsync(["closed-stdio"], "tee-to-output", "flood-lines", "3");
        Assert.Equal(3, code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_disk_that_is_full_is_the_fault_of_a_tee_and_the_childs_own_otherwise()
    {
        ChildProcessStartInfo info = Puppet.Info("flood", "100");
        ChildResult result = await ChildProcess.RunAsync(new ChildProcessStartInfo(info) { StandardOutput = ChildStdio.File("/dev/full", FileMode.Append) });
        Assert.Equal(4, result.Status.Code);
        IOException e = await Assert.ThrowsAsync<IOException>(() => ChildProcess.RunAsync(new ChildProcessStartInfo(info) { StandardOutput = ChildStdio.Tee(ChildStdio.File("/dev/full", FileMode.Append)) }));
        Assert.Equal(28 /* ENOSPC */, e.HResult);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_read_and_copied_by_children_at_once_is_the_same_for_each()
    {
        await File.WriteAllBytesAsync(_path, [.. Enumerable.Range(0, 200_000).Select(static i => (byte)('a' + (i % 23)))], TestContext.Current.CancellationToken);
        string expected = await File.ReadAllTextAsync(_path, TestContext.Current.CancellationToken);
        ChildProcessStartInfo info = new(Puppet.Info("cat")) { StandardInput = ChildStdio.File(_path) };
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => ChildProcess.CaptureAsync(info))), r => Assert.Equal(expected, r.StandardOutput));
    }

    private SafeFileHandle Create() => File.OpenHandle(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
}
