using ChildProc.Stdio;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Stdio;

public sealed class ChildStdioTests
{
    [Fact]
    public void The_set_is_closed()
    {
        Assert.DoesNotContain(typeof(ChildStdio).GetConstructors(), constructor => constructor.IsPublic);
        Type[] kinds = [.. typeof(ChildStdio).Assembly.GetTypes().Where(type => type.BaseType == typeof(ChildStdio))];
        Assert.NotEmpty(kinds);
        Assert.All(kinds, kind => Assert.True(kind.IsSealed && !kind.IsVisible));
    }

    [Fact]
    public void Values_without_content_are_shared()
    {
        Assert.Same(ChildStdio.Inherit, ChildStdio.Inherit);
        Assert.Same(ChildStdio.Null, ChildStdio.Null);
        Assert.Same(ChildStdio.Pipe, ChildStdio.Pipe);
        Assert.Same(ChildStdio.ToStandardOutput, ChildStdio.ToStandardOutput);
        Assert.Same(ChildStdio.Terminal, ChildStdio.Terminal);
    }

    [Fact]
    public void A_file_keeps_path_and_mode_as_given()
    {
        FileStdio file = Assert.IsType<FileStdio>(ChildStdio.File("log", FileMode.Append));
        Assert.Equal("log", file.Path);
        Assert.Equal(FileMode.Append, file.Mode);
        Assert.Null(Assert.IsType<FileStdio>(ChildStdio.File("log")).Mode);
    }

    [Fact]
    public void A_handle_is_kept_and_not_disposed()
    {
        using SafeFileHandle handle = new(0, ownsHandle: false);
        Assert.Same(handle, Assert.IsType<HandleStdio>(ChildStdio.Handle(handle)).SafeHandle);
    }

    [Fact]
    public void Faulty_arguments_are_refused_at_once()
    {
        Assert.Throws<ArgumentNullException>("path", () => ChildStdio.File(null!));
        Assert.Throws<ArgumentException>("path", () => ChildStdio.File(""));
        Assert.Throws<ArgumentException>("path", () => ChildStdio.File("a\0b"));
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => ChildStdio.File("a", (FileMode)7));
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => ChildStdio.File("a", 0));
        Assert.Throws<ArgumentNullException>("handle", () => ChildStdio.Handle(null!));
    }
}
