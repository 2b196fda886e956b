using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Testing.Tests;

public sealed class TestChildTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_line_shows_that_it_is_ready()
    {
        await using TestChild child = await TestChild.StartAsync(Puppet.Info("tree", "2", "2"), Readiness.Line(static line => line.StartsWith("ready ", StringComparison.Ordinal)));
        Assert.Contains("ready 6", child.Output, StringComparison.Ordinal);
        Assert.Equal(6, child.Process.GetDescendantIds().Count);
        await child.WaitAsync(Readiness.Line("ready 6"), cancellationToken: TestContext.Current.CancellationToken); // it was printed before
    }

    [Fact(Timeout = 120_000)]
    public async Task A_deadline_may_be_of_any_length_and_is_refused_when_it_is_negative()
    {
        Readiness ready = Readiness.Line("listening");
        foreach (TimeSpan deadline in (TimeSpan[])[TimeSpan.MaxValue, TimeSpan.FromDays(60), Timeout.InfiniteTimeSpan])
        {
            await using TestChild child = await TestChild.StartAsync(Puppet.Seq("eprint", "listening", ",", "pause"), ready, deadline);
            await child.WaitAsync(ready, deadline, TestContext.Current.CancellationToken);
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("deadline", () => TestChild.StartAsync(Puppet.Info("pause"), ready, TimeSpan.FromMilliseconds(-0.5)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_line_on_standard_error_does_as_well()
    {
        await using TestChild child = await TestChild.StartAsync(Puppet.Seq("eprint", "listening", ",", "pause"), Readiness.Line("listening"));
        Assert.False(child.Process.HasExited);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_listener_at_its_port_shows_that_it_is_ready()
    {
        string? python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(python is null, "there is no python3, which listens");
        using Socket bound = Bound();
        const string Listen = "import socket, time; s = socket.socket(fileno=3); time.sleep(0.1); s.listen(); time.sleep(60)";
        int port = PortOf(bound);
        await using TestChild child = await TestChild.StartAsync(
            new(python!, "-I", "-c", Listen) { InheritedHandles = new Dictionary<int, SafeHandle> { [3] = bound.SafeHandle } }, Readiness.TcpPort(port));
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_shows_that_it_is_ready()
    {
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        try
        {
            await using TestChild child = await TestChild.StartAsync(new("/bin/sh", "-c", "sleep 0.1; : > \"$1\"; exec sleep 60", "sh", path), Readiness.File(path));
            Assert.True(File.Exists(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_probe_is_asked_until_it_says_yes()
    {
        int asked = 0;
        await using TestChild child = await TestChild.StartAsync(Puppet.Info("pause"), Readiness.Probe("the third time", _ => ValueTask.FromResult(++asked == 3)));
        Assert.Equal(3, asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_that_ends_too_early_is_told_with_its_status_and_output()
    {
        TestChildException thrown = await Assert.ThrowsAsync<TestChildException>(
            () => TestChild.StartAsync(Puppet.Seq("eprint", "no configuration", ",", "exit", "3"), Readiness.Line("ready")));
        Assert.EndsWith("ended (exit 3) before there was the line 'ready'. It printed:\nno configuration", thrown.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_that_never_is_ready_is_told_with_its_output_and_gone()
    {
        using Socket bound = Bound();
        TestChildException thrown;
        int seconds = 1;
        do
        {
            // On a busy machine it may not have printed anything when a second is over.
            thrown = await Assert.ThrowsAsync<TestChildException>(
                () => TestChild.StartAsync(Puppet.Seq("print", "loading", ",", "pause"), Readiness.TcpPort(PortOf(bound)), TimeSpan.FromSeconds(seconds)));
            Assert.Matches($"waited in vain for a listener at TCP port [0-9]+, {seconds} s long\\.", thrown.Message);
            seconds *= 2;
        }
        while (seconds < 30 && !thrown.Message.Contains("loading", StringComparison.Ordinal));
        Assert.Matches("s long. It printed:\nloading$", thrown.Message);
        Assert.DoesNotContain(ChildProcessDiagnostics.GetChildren(), static e => e.Arguments.Contains("loading"));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_a_probe_throws_ends_the_start()
        => await Assert.ThrowsAsync<IOException>(() => TestChild.StartAsync(
            Puppet.Info("pause"), Readiness.Probe("nothing", static _ => throw new IOException())));

    [Fact(Timeout = 120_000)]
    public async Task Its_tree_is_gone_at_the_end()
    {
        List<int> all;
        await using (TestChild child = await TestChild.StartAsync(Puppet.Info("flat", "3", "3"), Readiness.Line("ready 3")))
        {
            all = [child.Process.Id, .. child.Process.GetDescendantIds()];
        }

        Assert.Equal(4, all.Count);
        Assert.All(all, static pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    // Nobody listens at its port, and nobody else can have it.
    private static Socket Bound()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
