using ChildProc.Start;

namespace ChildProc.Tests.Start;

public sealed class EnvironmentBlockTests : IDisposable
{
    // Names of this test alone: the environment belongs to the whole test process.
    private readonly string _name = "CHILDPROC_TEST_" + Guid.NewGuid().ToString("N");

    public EnvironmentBlockTests() => Environment.SetEnvironmentVariable(_name, "host");

    public void Dispose() => Environment.SetEnvironmentVariable(_name, null);

    [Fact]
    public void The_environment_of_the_host_is_inherited()
    {
        var block = EnvironmentBlock.Build(new("git"));
        Assert.Equal("host", EnvironmentBlock.Find(block, _name));
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), EnvironmentBlock.Find(block, "PATH"));
    }

    [Fact]
    public void A_variable_of_the_overlay_replaces_that_of_the_host()
    {
        var block = EnvironmentBlock.Build(Overlay(_name, "mine"));
        Assert.Equal("mine", EnvironmentBlock.Find(block, _name));
        Assert.Single(block, variable => variable.Key == _name);
    }

    [Fact]
    public void Null_removes_a_variable() => Assert.Null(EnvironmentBlock.Find(EnvironmentBlock.Build(Overlay(_name, null)), _name));

    [Fact]
    public void An_empty_value_is_kept() => Assert.Equal("", EnvironmentBlock.Find(EnvironmentBlock.Build(Overlay(_name, "")), _name));

    [Fact]
    public void Names_differ_by_case()
    {
        var block = EnvironmentBlock.Build(Overlay(_name.ToLowerInvariant(), "lower"));
        Assert.Equal("host", EnvironmentBlock.Find(block, _name));
        Assert.Equal("lower", EnvironmentBlock.Find(block, _name.ToLowerInvariant()));
    }

    [Fact]
    public void Without_inheritance_the_overlay_is_all_that_there_is()
    {
        ChildProcessStartInfo info = new(Overlay("A", "1")) { InheritEnvironment = false, WorkingDirectory = "/srv" };
        Assert.Equal([new("A", "1")], EnvironmentBlock.Build(info));
        Assert.Empty(EnvironmentBlock.Build(new("git") { InheritEnvironment = false }));
    }

    [Fact]
    public void PWD_follows_the_working_directory()
    {
        var block = EnvironmentBlock.Build(new("git") { WorkingDirectory = "/srv/x" });
        Assert.Equal(new("PWD", "/srv/x"), Assert.Single(block, variable => variable.Key == "PWD"));
    }

    [Fact]
    public void PWD_is_absolute_for_a_relative_working_directory() =>
        Assert.Equal(
            Environment.CurrentDirectory.TrimEnd('/') + "/x",
            EnvironmentBlock.Find(EnvironmentBlock.Build(new("git") { WorkingDirectory = "x" }), "PWD"));

    [Fact]
    public void PWD_of_the_overlay_stands()
    {
        ChildProcessStartInfo set = new(Overlay("PWD", "/mine")) { WorkingDirectory = "/srv" };
        Assert.Equal(new("PWD", "/mine"), Assert.Single(EnvironmentBlock.Build(set), variable => variable.Key == "PWD"));
        ChildProcessStartInfo removed = new(Overlay("PWD", null)) { WorkingDirectory = "/srv" };
        Assert.Null(EnvironmentBlock.Find(EnvironmentBlock.Build(removed), "PWD"));
    }

    [Fact]
    public void PWD_is_the_hosts_without_a_working_directory() =>
        Assert.Equal(Environment.GetEnvironmentVariable("PWD"), EnvironmentBlock.Find(EnvironmentBlock.Build(new("git")), "PWD"));

    private static ChildProcessStartInfo Overlay(string name, string? value) =>
        new("git") { Environment = new Dictionary<string, string?> { [name] = value } };
}
