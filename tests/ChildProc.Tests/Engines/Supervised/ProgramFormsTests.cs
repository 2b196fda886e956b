using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Supervised;

/// <summary>Where a memfd may not be executed, by the kernel's own setting, and directories are mounted noexec.</summary>
public sealed class ProgramFormsTests
{
    [Theory(Timeout = 90_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Without_executable_memfds_a_file_in_the_first_directory_that_allows_it_serves(int noexec)
    {
        Requires.Keepers();
        using TemporaryDirectory runtime = new(), temporary = new();
        Dictionary<string, string> environment = new() { ["XDG_RUNTIME_DIR"] = runtime.Path, ["TMPDIR"] = temporary.Path };
        string[] mounts = [.. new[] { runtime.Path, temporary.Path }.Take(noexec).SelectMany(static path => new[] { Puppet.Path, "noexec-mount", path })];
        (int code, string text) = await HostProcess.RunAsync(["memfd-noexec", .. mounts], environment, ["round"]);
        Assert.SkipWhen(code == 77, "no permission to forbid memfds");
        Assert.Equal((0, "whole"), (code, text));
        Assert.Empty(Directory.GetFileSystemEntries(runtime.Path));
        Assert.Empty(Directory.GetFileSystemEntries(temporary.Path));
    }
}
