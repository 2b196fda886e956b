using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests;

public sealed class ChildProcessStartInfoTests
{
    [Fact]
    public void Defaults_are_as_documented()
    {
        ChildProcessStartInfo info = new("git");
        Assert.Equal("git", info.FileName);
        Assert.Empty(info.Arguments);
        Assert.Empty(info.Environment);
        Assert.True(info.InheritEnvironment);
        Assert.Empty(info.InheritedHandles);
        Assert.Equal(Containment.Tree, info.Containment);
        Assert.Equal(Leftovers.Kill, info.Leftovers);
        Assert.Same(StopPolicy.Default, info.Stop);
        Assert.Null(info.OnOwnerLost);
        Assert.Equal(TimeSpan.FromSeconds(5), info.DrainTimeout);
        Assert.Empty(info.Limits);
        Assert.Equal(64 * 1024 * 1024, info.CaptureLimit);
        Assert.Equal("utf-8", info.OutputEncoding.WebName);
        Assert.Empty(info.OutputEncoding.Preamble.ToArray());
        Assert.Equal("\ufffd", info.OutputEncoding.GetString([0xff]));
        Assert.Null(info.StandardInput ?? info.StandardOutput ?? info.StandardError);
    }

    [Fact]
    public void Collections_are_copied()
    {
        string[] arguments = ["a"];
        Dictionary<string, string?> environment = new() { ["A"] = "1" };
        Dictionary<int, SafeHandle> handles = new() { [3] = new SafeFileHandle(0, ownsHandle: false) };
        ResourceLimit[] limits = [new(ResourceLimitKind.CoreSize, 0, 0)];
        ChildProcessStartInfo info = new("git", arguments)
        {
            Environment = environment,
            InheritedHandles = handles,
            Limits = limits,
        };
        ChildProcessStartInfo initialized = new("git") { Arguments = arguments };
        arguments[0] = "changed";
        environment["A"] = "changed";
        handles.Clear();
        limits[0] = default;
        Assert.Equal(["a"], info.Arguments);
        Assert.Equal(["a"], initialized.Arguments);
        Assert.Equal("1", info.Environment["A"]);
        Assert.Single(info.InheritedHandles);
        Assert.Equal(ResourceLimitKind.CoreSize, info.Limits[0].Kind);
    }

    [Fact]
    public void Collections_cannot_be_changed_by_a_cast()
    {
        ChildProcessStartInfo info = new("git", "a")
        {
            Environment = new Dictionary<string, string?> { ["A"] = "1" },
            InheritedHandles = new Dictionary<int, SafeHandle> { [3] = new SafeFileHandle(0, ownsHandle: false) },
            Limits = [new(ResourceLimitKind.CoreSize, 0, 0)],
        };
        Assert.Throws<NotSupportedException>(() => ((IList<string>)info.Arguments)[0] = "b");
        Assert.Throws<NotSupportedException>(() => ((IDictionary<string, string?>)info.Environment).Clear());
        Assert.Throws<NotSupportedException>(() => ((IDictionary<int, SafeHandle>)info.InheritedHandles).Clear());
        Assert.Throws<NotSupportedException>(() => ((IList<ResourceLimit>)info.Limits).Clear());
    }

    [Fact]
    public void Names_of_variables_differ_by_case()
    {
        ChildProcessStartInfo info = new("git")
        {
            Environment = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["path"] = "x" },
        };
        Assert.False(info.Environment.ContainsKey("PATH"));
    }

    [Fact]
    public void A_lazy_sequence_is_enumerated_once()
    {
        int runs = 0;
        IEnumerable<string> Sequence()
        {
            runs++;
            yield return "a";
            yield return "b";
        }

        ChildProcessStartInfo info = new("git", Sequence());
        Assert.Equal(["a", "b"], info.Arguments);
        Assert.Equal(["a", "b"], info.Arguments);
        Assert.Equal(1, runs);
    }

    [Fact]
    public void A_copy_has_every_property_of_the_original()
    {
        ChildProcessStartInfo original = new("git", "status")
        {
            ArgumentZero = "-git",
            WorkingDirectory = "/srv",
            Environment = new Dictionary<string, string?> { ["A"] = "1" },
            InheritEnvironment = false,
            StandardInput = ChildStdio.Null,
            StandardOutput = ChildStdio.Pipe,
            StandardError = ChildStdio.ToStandardOutput,
            TerminalOptions = new(),
            InheritedHandles = new Dictionary<int, SafeHandle> { [3] = new SafeFileHandle(0, ownsHandle: false) },
            Containment = Containment.ProcessGroup,
            ContainmentRequirement = ContainmentRequirement.WholeTree,
            Leftovers = Leftovers.Release,
            Stop = StopPolicy.Kill,
            OnOwnerLost = StopPolicy.Default,
            DrainTimeout = TimeSpan.Zero,
            NewProcessGroup = true,
            NewSession = true,
            NoNewPrivileges = true,
            Umask = UnixFileMode.OtherWrite,
            Priority = 1,
            Limits = [new(ResourceLimitKind.CoreSize, 0, 0)],
            Credentials = new(0, 0),
            OutputEncoding = Encoding.Latin1,
            LineLimit = 7, CaptureLimit = 1,
        };
        ChildProcessStartInfo copy = new(original);
        ChildProcessStartInfo plain = new("other");
        const BindingFlags all = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        foreach (PropertyInfo property in typeof(ChildProcessStartInfo).GetProperties(all))
        {
            object? value = property.GetValue(original);
            Assert.False(Equals(value, property.GetValue(plain)), $"{property.Name}: the test leaves it at its default.");
            Assert.True(Equals(value, property.GetValue(copy)), $"{property.Name}: not copied.");
        }
    }

    [Fact]
    public void A_copy_can_be_changed_without_the_original()
    {
        ChildProcessStartInfo original = new("git", "status");
        ChildProcessStartInfo copy = new(original) { Arguments = ["log"], FileName = "hg" };
        Assert.Equal(["status"], original.Arguments);
        Assert.Equal("git", original.FileName);
        Assert.Equal(["log"], copy.Arguments);
        Assert.Equal("hg", copy.FileName);
    }

    [Fact]
    public void Null_is_refused_where_nothing_stands_for_it()
    {
        Assert.Throws<ArgumentNullException>("fileName", () => new ChildProcessStartInfo((string)null!));
        Assert.Throws<ArgumentNullException>("arguments", () => new ChildProcessStartInfo("git", (IEnumerable<string>)null!));
        Assert.Throws<ArgumentNullException>("other", () => new ChildProcessStartInfo((ChildProcessStartInfo)null!));
        Assert.Throws<ArgumentNullException>(() => new ChildProcessStartInfo("git") { FileName = null! });
        Assert.Throws<ArgumentNullException>(() => new ChildProcessStartInfo("git") { Arguments = null! });
        Assert.Throws<ArgumentNullException>(() => new ChildProcessStartInfo("git") { Environment = null! });
        Assert.Throws<ArgumentNullException>(() => new ChildProcessStartInfo("git") { InheritedHandles = null! });
        Assert.Throws<ArgumentNullException>(() => new ChildProcessStartInfo("git") { Limits = null! });
        Assert.Throws<ArgumentNullException>(() => new ChildProcessStartInfo("git") { Stop = null! });
        Assert.Throws<ArgumentNullException>(() => new ChildProcessStartInfo("git") { OutputEncoding = null! });
    }

    [Fact]
    public void A_start_info_without_extras_is_one_small_object()
    {
        _ = new ChildProcessStartInfo("git");
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = new ChildProcessStartInfo("git");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 320);
    }
}
