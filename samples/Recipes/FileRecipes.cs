using ChildProc;
using Microsoft.Win32.SafeHandles;

namespace Recipes;

/// <summary><see cref="ChildStdio.File"/> and <see cref="ChildStdio.Handle"/>.</summary>
internal static class FileRecipes
{
    public static async Task TruncateAsync()
    {
        await File.WriteAllTextAsync("unsorted.txt", "b\na\n");
        await File.WriteAllTextAsync("sorted.txt", "something longer that was there before\n");

        // <file>
        await ChildProcess.RunAsync(new("sort")
        {
            StandardInput = ChildStdio.File("unsorted.txt"),
            StandardOutput = ChildStdio.File("sorted.txt"),     // truncated, or made
        });
        // </file>

        Check.Equal("a\nb\n", await File.ReadAllTextAsync("sorted.txt"));
    }

    public static async Task AppendAsync()
    {
        // <file-append>
        ChildProcessStartInfo step = new("echo", "done") { StandardOutput = ChildStdio.File("steps.log", FileMode.Append) };
        await ChildProcess.RunAsync(step);
        await ChildProcess.RunAsync(step);
        // </file-append>

        Check.Equal("done\ndone\n", await File.ReadAllTextAsync("steps.log"));
    }

    public static async Task CreateNewAsync()
    {
        ChildProcessStartException? refused = null;

        // <file-create-new>
        ChildProcessStartInfo backup = new("echo", "data") { StandardOutput = ChildStdio.File("backup", FileMode.CreateNew) };
        await ChildProcess.RunAsync(backup);
        try
        {
            await ChildProcess.RunAsync(backup);
        }
        catch (ChildProcessStartException e) when (e.Stage == StartStage.StandardStreams)
        {
            refused = e;    // EEXIST: the file is there already, and nothing was started
        }
        // </file-create-new>

        Check.Equal(17, refused?.NativeErrorCode);
        Check.Equal("data\n", await File.ReadAllTextAsync("backup"));
    }

    public static async Task HandleAsync()
    {
        // <handle>
        using SafeFileHandle log = File.OpenHandle("both.log", FileMode.Create, FileAccess.Write);
        await ChildProcess.RunAsync(new("echo", "first") { StandardOutput = ChildStdio.Handle(log) });
        await ChildProcess.RunAsync(new("echo", "second") { StandardOutput = ChildStdio.Handle(log) });  // goes on behind the first
        // </handle>

        Check.Equal("first\nsecond\n", await File.ReadAllTextAsync("both.log"));
    }
}
