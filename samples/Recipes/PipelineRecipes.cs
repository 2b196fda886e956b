using ChildProc;

namespace Recipes;

/// <summary>The recipes of docs/pipelines.md.</summary>
internal static class PipelineRecipes
{
    /// <summary>Compiled only, for there is no host <c>backup</c>.</summary>
    internal static async Task RunAsync(CancellationToken cancellationToken)
    {
        // <pipeline>
        ChildPipeline pipeline = new(
            new("tar", "-c", "src"),
            new("gzip", "-9"),
            new("ssh", "backup", "cat > src.tar.gz"));

        PipelineResult result = await pipeline.RunAsync(cancellationToken);
        result.EnsureSuccess();
        // </pipeline>
    }

    public static async Task CaptureAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory("src").FullName, "a.c"), "int a;\n");

        // <pipeline-capture>
        CapturedPipelineResult top = await new ChildPipeline(new("du", "-a", "src"), new("sort", "-rn"), new("head", "-n", "5")).CaptureAsync();
        Console.WriteLine(top.EnsureSuccess().StandardOutput);
        // </pipeline-capture>

        Check.That(top.StandardOutput.Contains("\tsrc/a.c\n", StringComparison.Ordinal));
    }

    public static async Task LinesAsync()
    {
        Check.IsHere("git");
        await GitAsync("init", "--quiet");
        await GitAsync("commit", "--quiet", "--allow-empty", "--message", "Fix the parser");
        await GitAsync("commit", "--quiet", "--allow-empty", "--message", "Write it down");

        // <pipeline-lines>
        await foreach (PipelineLine line in new ChildPipeline(new("git", "log", "--oneline"), new("grep", "-i", "fix")).ReadLinesAsync())
            Console.WriteLine(line.Source == OutputSource.StandardError ? $"stage {line.Stage}: {line.Text}" : line.Text);
        // </pipeline-lines>
    }

    public static async Task FilesAsync()
    {
        await File.WriteAllTextAsync("names.txt", "b\na\nb\n");

        // <pipeline-files>
        await new ChildPipeline(
            new("sort") { StandardInput = ChildStdio.File("names.txt"), StandardError = ChildStdio.Null },
            new("uniq", "-c") { StandardOutput = ChildStdio.File("counts.txt") }).RunAsync();
        // </pipeline-files>

        Check.Equal("1 a, 2 b", string.Join(", ", (await File.ReadAllLinesAsync("counts.txt")).Select(static line => line.Trim())));
    }

    public static async Task FeedAsync()
    {
        CancellationToken lifetime = CancellationToken.None;

        // <pipeline-feed>
        await using RunningPipeline running = await new ChildPipeline(
            new("sort") { StandardInput = ChildStdio.Pipe },
            new("uniq", "-d") { StandardOutput = ChildStdio.Pipe }).StartAsync(lifetime);

        await running.StandardInput.WriteAsync("b\na\nb\n"u8.ToArray());
        await running.StandardInput.CompleteAsync();
        string twice = await new StreamReader(running.StandardOutput.AsStream()).ReadToEndAsync();   // "b\n"
        ExitStatus status = await running.WaitForExitAsync();
        // </pipeline-feed>

        Check.Equal("b\n", twice);
        Check.That(status.IsSuccess);
    }

    // A user of its own, for there may be none configured; a repository of its own, for the directory is nobody else's.
    private static async Task GitAsync(params string[] arguments) => (await ChildProcess.RunAsync(
        new("git", ["-c", "user.name=Recipes", "-c", "user.email=recipes@localhost", "-c", "commit.gpgsign=false", .. arguments]))).EnsureSuccess();
}
