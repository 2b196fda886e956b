using System.Globalization;
using System.Runtime.InteropServices;
using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Starts;

public sealed class DescriptorPlacementTests
{
    [Fact(Timeout = 90_000)]
    public async Task Every_way_to_give_three_files_to_the_three_streams_is_honoured()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-streams");
        try
        {
            for (int code = 0; code < 27; code++)
            {
                int[] of = [code % 3, code / 3 % 3, code / 9];
                string[] paths = [.. Enumerable.Range(0, 3).Select(i => Path.Combine(directory.FullName, i.ToString(CultureInfo.InvariantCulture)))];
                SafeFileHandle[] files = Array.ConvertAll(paths, static p => File.OpenHandle(p, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite));
                ChildProcessStartInfo info = new(Puppet.Seq("write-fd", "0", "in", ",", "write-fd", "1", "out", ",", "write-fd", "2", "err"))
                {
                    StandardInput = ChildStdio.Handle(files[of[0]]),
                    StandardOutput = ChildStdio.Handle(files[of[1]]),
                    StandardError = ChildStdio.Handle(files[of[2]]),
                };
                Assert.True((await ChildProcess.RunAsync(info)).Status.IsSuccess);
                Array.ForEach(files, static f => f.Dispose());
                string[] expected = ["", "", ""];
                foreach ((int stream, string text) in new[] { (0, "in\n"), (1, "out\n"), (2, "err\n") })
                {
                    expected[of[stream]] += text;
                }

                Assert.Equal(expected, Array.ConvertAll(paths, File.ReadAllText));
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Starts_at_the_same_time_never_swap_their_handles()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-race");
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    string text = $"{worker}-{i}", path = Path.Combine(directory.FullName, text);
                    await File.WriteAllTextAsync(path, text + "\n");
                    using SafeFileHandle file = File.OpenHandle(path);
                    ChildProcessStartInfo info = new(Puppet.Info("read-fd", "7")) { InheritedHandles = new Dictionary<int, SafeHandle> { [7] = file } };
                    Assert.Equal(text + "\n", (await ChildProcess.CaptureAsync(info)).StandardOutput);
                }
            })));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_childs_streams_are_blocking_and_have_their_own_direction()
    {
        Assert.Equal("write\n", (await ChildProcess.CaptureAsync(Puppet.Info("fd-flags", "1"))).StandardOutput);
        Assert.Equal("write\n", (await ChildProcess.CaptureAsync(Puppet.Info("fd-flags", "2"))).StandardOutput);
        await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(Puppet.Info("fd-flags", "0").Piped()) { StandardInput = ChildStdio.Pipe });
        await child.ExpectAsync("read");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_does_not_hold_the_pipes_of_another()
    {
        ChildProcessStartInfo cat = new(Puppet.Info("cat").Piped()) { StandardInput = ChildStdio.Pipe };
        await using IChildProcess first = await ChildProcess.StartAsync(cat);
        await using IChildProcess second = await ChildProcess.StartAsync(cat);
        await using IChildProcess third = await ChildProcess.StartAsync(cat);
        await first.StandardInput.CompleteAsync(); // end of file, only if nobody else has the writing end
        Assert.True((await first.WaitForExitAsync()).IsSuccess);
        Assert.Null(await first.NextLineAsync());
        Assert.False(second.HasExited || third.HasExited);
    }
}
