using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Starts;

/// <summary>A sandbox that the host enters after its first start is its later children's, too, as with Process.</summary>
public sealed class SandboxTests
{
    private const int EPERM = 1, EACCES = 13, EEXIST = 17, EROFS = 30;

    [Fact(Timeout = 60_000)]
    public async Task No_new_privileges()
        => Assert.Equal((0, "nnp=0, nnp=1, nnp=1, nnp=0"), await HostProcess.RunAsync([], "sandboxed", "no-new-privileges", "", "attrs"));

    [Theory(Timeout = 60_000)]
    [InlineData("landlock", EACCES)]
    [InlineData("seccomp", EPERM)]
    [InlineData("mount-namespace", EROFS)]
    public async Task A_rule_of_the_calling_thread_alone(string kind, int error)
    {
        using TemporaryDirectory directory = new();
        (int code, string text) = await HostProcess.RunAsync([], "sandboxed", kind, directory.Path, "make-directory", directory.Path + "/made");
        Assert.SkipWhen(code == 77, $"no permission for {kind}, or a kernel without it");
        Assert.Equal((0, $"made, errno {error}, errno {error}, made"), (code, text));
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_root_directory()
    {
        using TemporaryDirectory directory = new();
        (int code, string text) = await HostProcess.RunAsync(
            ["bound-root", directory.Path], "sandboxed", "chroot", directory.Path, "make-directory", directory.Path + "/tmp");
        Assert.SkipWhen(code == 77, "no permission for another root directory");
        Assert.Equal((0, $"errno {EEXIST}, made, made, errno {EEXIST}"), (code, text));
    }
}
