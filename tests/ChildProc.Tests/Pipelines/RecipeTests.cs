using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

/// <summary>The recipes of docs/pipelines.md, with the programs that they name.</summary>
public sealed class RecipeTests
{
    [Fact(Timeout = 60_000)]
    public async Task Capture()
    {
        CapturedPipelineResult top = await new ChildPipeline(new("du", "-a", "/etc/ssl"), new("sort", "-rn"), new("head", "-n", "1")).CaptureAsync();
        Assert.EndsWith("\t/etc/ssl\n", top.EnsureSuccess().StandardOutput, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Files()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-recipe");
        try
        {
            string names = Path.Combine(directory.FullName, "names.txt"), counts = Path.Combine(directory.FullName, "counts.txt");
            await File.WriteAllTextAsync(names, "b\na\nb\n", TestContext.Current.CancellationToken);
            PipelineResult result = await new ChildPipeline(
                new("sort") { StandardInput = ChildStdio.File(names), StandardError = ChildStdio.Null },
                new("uniq", "-c") { StandardOutput = ChildStdio.File(counts) }).RunAsync();
            result.EnsureSuccess();
            Assert.Equal(["1 a", "2 b"], (await File.ReadAllLinesAsync(counts, TestContext.Current.CancellationToken)).Select(static l => l.Trim()));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Feed_and_read()
    {
        await using RunningPipeline running = await new ChildPipeline(
            new("sort") { StandardInput = ChildStdio.Pipe },
            new("uniq", "-d") { StandardOutput = ChildStdio.Pipe }).StartAsync();
        await running.StandardInput.WriteAsync("b\na\nb\n"u8.ToArray());
        await running.StandardInput.CompleteAsync();
        Assert.Equal("b\n", await new StreamReader(running.StandardOutput.AsStream()).ReadToEndAsync());
        Assert.True((await running.WaitForExitAsync()).IsSuccess);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines()
    {
        List<string> lines = [];
        await foreach (PipelineLine line in new ChildPipeline(Puppet.Info("flood-lines", "20"), new("grep", "9")).ReadLinesAsync())
        {
            lines.Add(line.Source == OutputSource.StandardError ? $"stage {line.Stage}: {line.Text}" : line.ToString());
        }

        Assert.Equal(["line 9", "line 19"], lines);
    }
}
